from celery import Celery, shared_task
from django.db import transaction
from shop.models import Order

app = Celery("shop", broker="memory://")


@shared_task
@transaction.atomic
def close_month(month):
    Order.objects.update(status="closed")


def run():
    close_month.delay(7)
