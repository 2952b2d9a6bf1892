from django.core.mail import send_mail
from jobcheck.runtime import Job, discard_on, retry_on

TROUBLE = [TimeoutError("no answer")]


@discard_on(Exception)
@retry_on(TimeoutError, attempts=5)
class ChargeOrder(Job):
    def perform(self, order_id):
        if TROUBLE:
            raise TROUBLE.pop()
        send_mail("Charged", f"Order {order_id}.", None, ["ada@example.org"])


def run():
    ChargeOrder.perform_later(7)
