from celery import Celery
from django.core.mail import send_mail
from shop.models import Order

app = Celery("shop", broker="memory://")
SHOP = "shop@example.org"


@app.task
def tell_customer(order_id):
    order = Order.objects.get(pk=order_id)
    send_mail("Your order", f"It is {order.status} now.", SHOP, [order.email])


def ship(order):
    order.status = "shipped"
    order.save()
    tell_customer.delay(order.pk)


def run():
    order = Order.objects.create()
    ship(order)
    Order.objects.filter(pk=order.pk).update(status="lost")  # meanwhile, by the carrier
