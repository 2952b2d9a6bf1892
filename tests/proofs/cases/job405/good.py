from celery import Celery
from django.core.mail import send_mail

app = Celery("shop", broker="memory://")
TROUBLE = [TimeoutError("no answer")]


def book(order_id):
    if TROUBLE:
        raise TROUBLE.pop()
    send_mail("Booked", f"Order {order_id}.", None, ["ada@example.org"])


@app.task(bind=True)
def charge(self, order_id):
    try:
        book(order_id)
    except TimeoutError as error:
        raise self.retry(exc=error, countdown=60)


def run():
    charge.delay(7)
