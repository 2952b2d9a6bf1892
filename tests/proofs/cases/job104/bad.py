import enum

from celery import Celery

app = Celery("shop", broker="memory://")


class Color(enum.Enum):
    RED = "red"
    BLUE = "blue"


@app.task
def paint(shares):
    return sum(shares.values())


def run():
    paint.delay({Color.RED: 0.5})
