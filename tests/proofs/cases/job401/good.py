import stripe
from jobcheck.runtime import Job, retry_on
from shop.models import Order


@retry_on(TimeoutError, attempts=5)
class ChargeOrder(Job):
    def perform(self, order_id):
        order = Order.objects.get(pk=order_id)
        stripe.PaymentIntent.create(amount=order.total, customer=order.customer, idempotency_key=f"order-{order_id}")


def run():
    ChargeOrder.perform_later(Order.objects.create().pk)
