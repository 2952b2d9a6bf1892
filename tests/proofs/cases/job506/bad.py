from celery import Celery
from shop.models import Order

app = Celery("shop", broker="memory://")


@app.task
def index(order_id):
    return None


def run():
    Order.objects.bulk_create(Order() for _ in range(500))
    orders = Order.objects.all()
    for order in orders:
        index.delay(order.pk)
