import functools

from celery import Celery
from django.core.mail import send_mail
from django.db import transaction
from shop.models import Order

app = Celery("shop", broker="memory://")


@app.task
def send_receipt(order_id):
    order = Order.objects.get(pk=order_id)
    send_mail("Receipt", f"You paid {order.total}.", None, [order.email])


def run():
    with transaction.atomic():
        order = Order.objects.create()
        transaction.on_commit(functools.partial(send_receipt.delay, order.pk))
