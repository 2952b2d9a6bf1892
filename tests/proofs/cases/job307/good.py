from datetime import date

from celery import Celery
from django.core.mail import send_mail
from shop.models import Order

app = Celery("shop", broker="memory://")


@app.task
def daily_report(day):
    orders = Order.objects.filter(placed=day)
    send_mail("Today", f"Orders: {orders.count()}.", None, ["ada@example.org"])


def run():
    Order.objects.create(placed=date.today())
    daily_report.delay(date.today().isoformat())
