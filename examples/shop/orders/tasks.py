"""What is done for orders in the background."""

import logging

import requests
from celery import shared_task
from celery.exceptions import MaxRetriesExceededError
from django.core.mail import send_mail

from orders.models import Order, Status

logger = logging.getLogger(__name__)


@shared_task
def send_receipt(order_id, copies=1):
    """Mail the receipt."""
    order = Order.objects.select_related("customer").get(pk=order_id)
    text = f"Thank you for your order of {order.total}."
    send_mail("Your receipt", text, "shop@example.com", [order.customer.email] * copies)


@shared_task
def reserve(order_id, skus):
    """Put the articles of an order aside."""
    for sku in skus:
        requests.post("https://warehouse.example/reservations", json={"order": order_id, "sku": sku}, timeout=10)


@shared_task(bind=True, default_retry_delay=30)
def charge(self, order_id):
    """Take the money."""
    order = Order.objects.get(pk=order_id)
    try:
        answer = requests.post("https://pay.example/charges", json={"order": order_id}, timeout=10)
        if answer.status_code == 503:
            # Retry is an Exception too. The handler below takes it, so that this run counts as a success, what is
            # linked to it goes on, and the charge is tried once more all the same.
            raise self.retry()
        answer.raise_for_status()
    except Exception:
        logger.exception("order %s could not be charged", order_id)
        return
    order.status = Status.PAID
    order.save(update_fields=["status"])


@shared_task(bind=True, default_retry_delay=30)
def refund(self, order_id, reason):
    """Give the money back. The same as in `charge`, and right: the handlers are narrow, and the end is thought of."""
    headers = {"Idempotency-Key": f"refund-{order_id}"}  # the answer may be lost when the money is back already
    try:
        requests.post("https://pay.example/refunds", headers=headers, json={"order": order_id, "why": reason}, timeout=10)
    except requests.ConnectionError as error:
        try:
            raise self.retry(exc=error)
        except MaxRetriesExceededError:
            logger.error("order %s was not refunded", order_id)


# Whatever goes wrong, this tries again until the end of days, an order that was deleted and a typo in here included.
@shared_task(autoretry_for=(Exception,), retry_backoff=True, max_retries=None)
def push_to_accounting(order_id):
    """Tell accounting."""
    order = Order.objects.get(pk=order_id)
    requests.post("https://books.example/entries", json={"order": order.pk}, timeout=10).raise_for_status()


@shared_task(autoretry_for=(requests.ConnectionError, requests.Timeout), retry_backoff=True, max_retries=8)
def refresh_rates():
    """Fetch exchange rates: eight times at most, and only for what may heal by itself."""
    requests.get("https://rates.example/today", timeout=10).raise_for_status()


@shared_task
def pack(order_id):
    """Print the packing list; its path is what `ship_parcel` gets."""
    return f"/srv/packing/{order_id}.pdf"


@shared_task
def ship_parcel(packing_list, carrier):
    """Order the carrier."""
    requests.post(f"https://{carrier}.example/parcels", json={"list": packing_list}, timeout=10)
