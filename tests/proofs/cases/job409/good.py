from celery import Celery
from shop.models import Bill

app = Celery("shop", broker="memory://")


@app.task
def bill(order_id):
    Bill.objects.get_or_create(order_id=order_id)


def run():
    bill.delay(7)
    bill.delay(7)


def after():
    return f"rows: {Bill.objects.count()}"
