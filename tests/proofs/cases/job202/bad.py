from jobcheck.runtime import Job
from shop.models import Order


class SendReceipt(Job):
    def perform(self, order_id, *, copy_to=None):
        return order_id


def run():
    order = Order.objects.create()
    SendReceipt.perform_later(order_id=order.pk)
