from celery import Celery

app = Celery("shop", broker="memory://")


@app.task
def charge(order_id):
    return order_id


def run():
    charge.delay(7, countdown=60)
