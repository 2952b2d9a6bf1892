import requests
from celery import Celery
from shop.models import Order

app = Celery("shop", broker="memory://")
ERP = "https://erp.example/orders"


@app.task(autoretry_for=(requests.ConnectionError, requests.Timeout), retry_backoff=True, max_retries=12)
def push_order(order_id):
    order = Order.objects.filter(pk=order_id).first()
    if order is not None:
        requests.post(ERP, json=order.as_json())


def run():
    order = Order.objects.create()
    push_order.delay(order.pk)
    order.delete()  # before the worker comes to it
