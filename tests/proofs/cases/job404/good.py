from celery import Celery
from django.core.mail import send_mail

app = Celery("shop", broker="memory://")
ANSWERS = [False, True]


class PublishError(Exception):
    """The site takes no export."""


def ready(export_id):
    return ANSWERS.pop(0)


def publish(export_id):
    send_mail("Export", "It is there.", None, ["ada@example.org"])


@app.task(bind=True)
def export(self, export_id):
    if not ready(export_id):
        raise self.retry(countdown=30)
    try:
        publish(export_id)
    except PublishError:
        send_mail("Export failed", "It will not come.", None, ["ada@example.org"])


def run():
    export.delay(7)
