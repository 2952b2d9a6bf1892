from celery import Celery

app = Celery("shop", broker="memory://")


@app.task
def charge(order_id):
    return order_id


def run():
    charge.apply_async((7,), countdown=60)
