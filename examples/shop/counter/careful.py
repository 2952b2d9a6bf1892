"""The same jobs as in jobs.py, as they should be."""

from jobcheck.runtime import Job, discard_on, retry_on

from counter import outside, store


@retry_on(TimeoutError, wait=30, attempts=3)
class Charge(Job):
    """Take the money, once: the bank knows the order by its key."""

    queue_as = "billing"

    def perform(self, order_id, cents):
        outside.charge_once(order_id, cents, key=f"order-{order_id}")
        store.set_paid(order_id)


class TellStatus(Job):
    """Mail what has happened to an order: what it was then came along."""

    def perform(self, customer, status):
        outside.mail(customer, f"Your order is {status}.")


class CountSale(Job):
    """Note a sale where all processes look, so that noting it again changes nothing."""

    def perform(self, order_id, sku, pieces):
        store.note_sale(order_id, sku, pieces)


def sales_page(request, sku):
    """What the manager reads."""
    return f"{sku}: {store.sold(sku)} sold today"


@discard_on(store.OrderGone)
class SendInvoice(Job):
    """Mail the invoice, unless the order was withdrawn."""

    def perform(self, order_id):
        order = store.find(order_id)
        outside.mail(order["customer"], f"Please pay {order['cents']} cents.")
