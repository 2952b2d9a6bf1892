from jobcheck.runtime import Job


class SendReceipt(Job):
    def perform(self, order_id, *, copy_to=None):
        return order_id


def run():
    SendReceipt.perform_later(order_id=7)
