from celery import Celery
from django.core.mail import send_mail

app = Celery("shop", broker="memory://")
app.conf.beat_schedule = {
    "digest": {"task": "shop.tasks.digest", "schedule": 3600},
}


@app.task(name="shop.tasks.digest")
def digest(address):
    send_mail("Digest", "What is new.", None, [address])


def run():
    """Celery's beat does."""
