from celery import Celery
from django.core.mail import send_mail

app = Celery("shop", broker="memory://")
app.conf.beat_schedule = {
    "purge": {"task": "shop.carts.tasks.purge_carts", "schedule": 3600},
}


@app.task(name="shop.carts.tasks.purge_carts")
def purge_carts():
    send_mail("Carts", "They are purged.", None, ["ada@example.org"])


def run():
    """Celery's beat does."""
