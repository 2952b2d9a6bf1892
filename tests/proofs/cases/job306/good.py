from celery import Celery
from django.core.mail import send_mail
from shop.models import Order

app = Celery("shop", broker="memory://")


@app.task(autoretry_for=(ConnectionError,))
def index(order_id):
    order = Order.objects.filter(pk=order_id).first()
    if order is None:
        return
    send_mail("Index", f"{order.pk} is in it.", None, ["ada@example.org"])


def run():
    order = Order.objects.create()
    index.delay(order.pk)
    order.delete()  # by the customer, before the worker comes to it
