"""What customers and staff click on."""

from celery import chain
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_POST

from orders.models import Order, Status
from orders.reports import invoice_pdf
from orders.tasks import charge, pack, push_to_accounting, refund, reserve, send_receipt, ship_parcel


@require_POST
def checkout(request, pk):
    order = get_object_or_404(Order, pk=pk)
    # An id, after the commit: this is how it should be.
    transaction.on_commit(lambda: charge.delay(order.pk))
    transaction.on_commit(lambda: push_to_accounting.delay(order.pk))
    skus = {line.sku for line in order.lines.all()}
    # A message is JSON, which has no sets: this raises, and the customer sees an error page.
    reserve.delay(order.pk, skus)
    # Nor has it room for an order; its id would do.
    send_receipt.delay(order)
    return HttpResponse("ordered")


@require_POST
def cancel(request, pk):
    order = get_object_or_404(Order, pk=pk)
    Order.objects.filter(pk=order.pk).update(status=Status.CANCELLED)
    # The job wants a reason as well.
    refund.delay(order.pk)
    # A minute later was meant, but what delay() gets goes to the job, which knows no countdown.
    send_receipt.delay(order.pk, countdown=60)
    send_receipt.apply_async((order.pk,), {"copies": 2}, countdown=60)
    return HttpResponse("cancelled")


@require_POST
def ship(request, pk):
    order = get_object_or_404(Order, pk=pk)
    if request.POST.get("express"):
        # This only writes down what is to be done; nobody sends it.
        chain(pack.s(order.pk), ship_parcel.s("express"))
    else:
        chain(pack.s(order.pk), ship_parcel.s(carrier="parcels")).delay()
    # One argument needs a comma to be a tuple. Without it this is text, which is refused.
    push_to_accounting.apply_async((str(order.pk)))
    return HttpResponse("on its way")


def invoice(request, pk):
    # A view may wait for a job; a job may not.
    path = invoice_pdf.delay(pk).get(timeout=20)
    return HttpResponse(path)
