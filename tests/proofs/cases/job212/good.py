from celery import Celery

app = Celery("shop", broker="memory://")


@app.task
def send_receipt(order_id):
    return order_id


def run():
    send_receipt.delay(7)
