from celery import Celery
from django.core.mail import send_mail
from django.db import transaction
from shop.models import Invoice

app = Celery("shop", broker="memory://")


@app.task
def send_invoice(invoice_id):
    invoice = Invoice.objects.using("billing").get(pk=invoice_id)
    send_mail("Invoice", f"Order {invoice.order_id}.", None, ["ada@example.org"])


def run():
    with transaction.atomic(using="billing"):
        invoice = Invoice.objects.using("billing").create(order_id=7)
        transaction.on_commit(lambda: send_invoice.delay(invoice.pk), using="billing")
