"""A payment provider whose first answer is lost on the way, and which takes a key once. It keeps a book, in a file."""

from pathlib import Path

from proofs.effects import note

BOOK = Path("payments.log")
lost = [TimeoutError("the answer was lost")]


class PaymentIntent:
    @staticmethod
    def create(amount, customer, idempotency_key=None):
        if idempotency_key is None or idempotency_key not in booked():
            with BOOK.open("a") as book:
                book.write(f"{idempotency_key or 'payment'}\n")
            note(f"payment of {amount}")
        if lost:
            raise lost.pop()


def booked():
    return BOOK.read_text().split() if BOOK.exists() else []
