from datetime import date, datetime, timezone

from celery import Celery
from django.core.mail import send_mail
from shop.models import Order

app = Celery("shop", broker="memory://")
NOON = datetime(2030, 5, 17, 12, tzinfo=timezone.utc)


@app.task
def daily_report(shop_id, day):
    orders = Order.objects.filter(shop_id=shop_id, placed__date=day)
    send_mail("Today", f"Orders: {orders.count()}.", None, ["ada@example.org"])


def run():
    Order.objects.create(placed=NOON)
    daily_report.delay(1, date.today().isoformat())
