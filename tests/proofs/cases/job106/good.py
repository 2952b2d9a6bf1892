import itertools

from celery import Celery
from shop.models import Order

app = Celery("shop", broker="memory://")


@app.task
def reindex(order_ids):
    return Order.objects.filter(pk__in=order_ids[:100]).count()


def run():
    Order.objects.bulk_create(Order() for _ in range(5000))
    ids = Order.objects.values_list("id", flat=True).iterator()
    while part := list(itertools.islice(ids, 500)):
        reindex.delay(part)
