from celery import Celery
from django.core.mail import send_mail
from shop.models import Order

app = Celery("shop", broker="memory://")


@app.task
def send_invoice(order_id):
    order = Order.objects.get(pk=order_id)
    send_mail("Invoice", f"Please pay {order.total}.", None, [order.email])


def run():
    order = Order(customer="cus_7")
    send_invoice.delay(order.pk)
    order.save()
