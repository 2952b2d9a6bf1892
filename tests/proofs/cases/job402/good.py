import requests
from celery import Celery
from django.core.mail import send_mail
from shop.models import Order

app = Celery("shop", broker="memory://")
WAREHOUSE = "https://warehouse.example/orders"


@app.task
def mail_confirmation(order_id):
    order = Order.objects.get(pk=order_id)
    send_mail("Thank you", order.text(), None, [order.email])


@app.task(autoretry_for=(requests.RequestException,), max_retries=5)
def confirm(order_id):
    requests.put(f"{WAREHOUSE}/{order_id}").raise_for_status()
    mail_confirmation.delay(order_id)


def run():
    confirm.delay(Order.objects.create().pk)
