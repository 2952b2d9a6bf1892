from celery import Celery
from django.core.mail import send_mail

app = Celery("shop", broker="memory://", backend="cache+memory://")


class GatewayError(Exception):
    def __init__(self, status, body):
        super().__init__(status, body)
        self.status = status
        self.body = body

    def __str__(self):
        return f"gateway said {self.status}"


@app.task
def capture(order_id):
    raise GatewayError(502, "bad gateway")


def run():
    result = capture.delay(7)
    try:
        result.get(timeout=5)
    except GatewayError as error:
        send_mail("Capture", f"The gateway said {error.status}.", None, ["ada@example.org"])
