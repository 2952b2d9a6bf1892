from celery import Celery

app = Celery("shop", broker="memory://")


@app.task
def charge(order_id, amount):
    return amount


def run():
    charge.delay(7, 40)
