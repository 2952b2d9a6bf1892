from types import SimpleNamespace

from django.core.mail import send_mail
from redis import Redis
from rq import Queue

queue = Queue(connection=Redis())
courier = SimpleNamespace(send=lambda number: send_mail("Shipped", f"Order {number}.", None, ["ada@example.org"]))


def ship(order_id):
    courier.send(order_id)


def submit(order_id):
    queue.enqueue(ship, order_id)


def run():
    submit(7)
