from celery import Celery
from django.core.mail import send_mail
from django.db import transaction
from shop.models import Order

app = Celery("shop", broker="memory://")


@app.task
def index(order_id):
    send_mail("Index", f"Order {order_id}.", None, ["ada@example.org"])


def run():
    with transaction.atomic():
        rows = [Order.objects.create() for _ in range(3)]
        for row in rows:
            transaction.on_commit(lambda: index.delay(row.pk))
