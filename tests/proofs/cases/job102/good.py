import enum

from celery import Celery
from django.core.mail import send_mail

app = Celery("shop", broker="memory://")


class Color(enum.IntEnum):
    RED = 1
    BLUE = 2


@app.task
def repaint(color):
    color = Color(color)
    if color is Color.RED:
        send_mail("Painted", "It is red now.", None, ["ada@example.org"])


def run():
    repaint.delay(Color.RED.value)
