import requests
from celery import Celery
from shop.models import Order

app = Celery("shop", broker="memory://")
ERP = "https://erp.example/orders"


@app.task(autoretry_for=(Exception,), retry_backoff=True, max_retries=None)
def push_order(order_id):
    order = Order.objects.get(pk=order_id)
    requests.post(ERP, json=order.as_json())


def run():
    order = Order.objects.create()
    push_order.delay(order.pk)
    order.delete()  # before the worker comes to it
