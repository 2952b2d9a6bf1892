from celery import Celery, chain
from django.core.mail import send_mail

app = Celery("shop", broker="memory://", backend="cache+memory://")


@app.task
def render_invoice(order_id):
    return f"invoice {order_id}"


@app.task
def mail_invoice(pdf):
    send_mail("Invoice", pdf, None, ["ada@example.org"])


def run():
    chain(render_invoice.s(7), mail_invoice.s())()
