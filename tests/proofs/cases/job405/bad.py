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
        self.retry(error, delay=60)


@app.task(bind=True)
def export(self, order_id):
    if self.request.retries < 5:
        raise self.retry(countdown=60)
    send_mail("Export", f"Order {order_id} is given up.", None, ["ada@example.org"])


def run():
    charge.delay(7)
    export.delay(7)
