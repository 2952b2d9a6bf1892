from celery import Celery
from shop.models import Invoice

app = Celery("shop", broker="memory://")


@app.task
def bill(order_id):
    if not Invoice.objects.filter(order_id=order_id).exists():
        Invoice.objects.create(order_id=order_id)


def run():
    bill.delay(7)
    bill.delay(7)


def after():
    return f"rows: {Invoice.objects.count()}"
