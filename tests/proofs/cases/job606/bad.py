from celery import Celery
from celery.schedules import crontab

app = Celery("shop", broker="memory://")
app.conf.beat_schedule = {
    "report": {
        "task": "shop.report",
        "schedule": crontab(hour=3),
    },
}


@app.task(name="shop.report")
def report():
    return None


def run():
    """Celery's beat does."""
