"""Papers that take their time."""

from celery import chord, group, shared_task
from django.core.mail import mail_admins

from orders.models import Order


@shared_task
def invoice_pdf(order_id):
    """Write the invoice and say where it is."""
    return f"/srv/invoices/{order_id}.pdf"


@shared_task
def mail_report(paths):
    """Mail what was written."""
    mail_admins("Invoices", "\n".join(paths))


@shared_task
def sales_report():
    """The report of the night."""
    ids = list(Order.objects.values_list("pk", flat=True))
    # Celery refuses to wait here: were all workers to wait like this one, nobody would be left to write invoices.
    paths = group(invoice_pdf.s(pk) for pk in ids)().get()
    mail_report.delay(paths)


@shared_task
def sales_report_in_steps():
    """The same without waiting: the last step is enqueued when the others are done."""
    ids = list(Order.objects.values_list("pk", flat=True))
    chord([invoice_pdf.s(pk) for pk in ids])(mail_report.s())
