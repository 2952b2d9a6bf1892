from celery import Celery
from shop.models import Order

app = Celery("shop", broker="memory://")


@app.task
def index(order_ids):
    return None


def run():
    Order.objects.bulk_create(Order() for _ in range(500))
    orders = Order.objects.all()
    index.delay([order.pk for order in orders])
