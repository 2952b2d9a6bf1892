from celery import Celery
from django.core.mail import send_mail
from shop.models import Order

app = Celery("shop", broker="redis://localhost")


@app.task
def remind(order_id):
    send_mail("Reminder", f"Order {order_id}.", None, ["ada@example.org"])


def run():
    order = Order.objects.create()
    remind.apply_async((order.pk,), countdown=2 * 24 * 3600)
