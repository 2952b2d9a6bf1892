"""Jobs that pass their tests, where they run once, at once, and in the process that enqueues them."""

from jobcheck.runtime import Job, retry_on

from counter import outside, store

sales = {}


@retry_on(TimeoutError, wait=30, attempts=3)
class Charge(Job):
    """Take the money."""

    queue_as = "billing"

    def perform(self, order_id, cents):
        # The bank has done it, and the worker dies, or the answer is lost: the next run charges again.
        outside.charge(order_id, cents)
        store.set_paid(order_id)


class TellStatus(Job):
    """Mail what has happened to an order."""

    def perform(self, order_id):
        # It was packed when this was enqueued. By now it may be on its way, and nobody is told that it was packed.
        order = store.find(order_id)
        outside.mail(order["customer"], f"Your order is {order['status']}.")


class CountSale(Job):
    """Count what was sold today."""

    def perform(self, order_id, sku, pieces):
        # This is the worker's own dict. The one in which the process of the shop looks stays empty.
        sales[order_id] = sku, pieces


def sales_page(request, sku):
    """What the manager reads."""
    return f"{sku}: {sum(pieces for sold, pieces in sales.values() if sold == sku)} sold today"


class SendInvoice(Job):
    """Mail the invoice."""

    def perform(self, order_id):
        # The customer may have withdrawn the order before this runs.
        order = store.find(order_id)
        outside.mail(order["customer"], f"Please pay {order['cents']} cents.")
