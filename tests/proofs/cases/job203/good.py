from celery import Celery
from shop.models import Order

app = Celery("shop", broker="memory://")


@app.task
def charge(order_id):
    return order_id


def run():
    order = Order.objects.create()
    charge.apply_async((order.pk,), countdown=60)
