from celery import Celery
from django.core.mail import send_mail

app = Celery("shop", broker="memory://", backend="cache+memory://")


@app.task
def render_invoice(order_id):
    return f"invoice {order_id}"


@app.task
def invoice(order_id):
    pdf = render_invoice.delay(order_id).get()
    send_mail("Invoice", pdf, None, ["ada@example.org"])


def run():
    invoice.delay(7)
