"""A payment provider whose first answer is lost on the way, and which takes a key once."""

from proofs.effects import note

_keys = set()
_lost = [TimeoutError("the answer was lost")]


class PaymentIntent:
    @staticmethod
    def create(amount, customer, idempotency_key=None):
        if idempotency_key is None or idempotency_key not in _keys:
            _keys.add(idempotency_key)
            note(f"payment of {amount}")
        if _lost:
            raise _lost.pop()
