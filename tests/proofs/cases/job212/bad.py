from celery import Celery, shared_task
from shop.models import Order

app = Celery("shop", broker="memory://")


def send_receipt(order_id):
    return order_id


def run():
    order = Order.objects.create()
    send_receipt.delay(order.pk)
