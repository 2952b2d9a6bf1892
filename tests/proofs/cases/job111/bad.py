from celery import Celery
from django.core.mail import send_mail

app = Celery("shop", broker="memory://")
TROUBLE = [ConnectionError("the storage is down")]


def write(fmt, **options):
    if TROUBLE:
        raise TROUBLE.pop()
    send_mail("Export", f"It is there, as {fmt}.", None, ["ada@example.org"])


@app.task(bind=True)
def export(self, options):
    fmt = options.pop("format")
    try:
        write(fmt, **options)
    except ConnectionError as error:
        raise self.retry(exc=error)


def run():
    export.delay({"format": "csv", "rows": 10})
