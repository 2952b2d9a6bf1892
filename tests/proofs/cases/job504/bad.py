from datetime import datetime, timedelta

from celery import Celery

app = Celery("shop", broker="memory://")


@app.task
def remind(order_id):
    return order_id


def run():
    remind.apply_async((7,), eta=datetime.now() + timedelta(minutes=10))
