from types import SimpleNamespace

from celery import Celery

app = Celery("shop", broker="memory://")


@app.task
def send_report(customer_ids):
    return len(customer_ids)


def run():
    rows = [SimpleNamespace(customer_id=number) for number in (3, 5, 3)]
    send_report.delay(sorted({row.customer_id for row in rows}))
