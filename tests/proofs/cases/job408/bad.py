import time

from celery import Celery
from django.core.mail import send_mail

app = Celery("shop", broker="memory://")
ANSWERS = [False, False, True]


def ready(export_id):
    return ANSWERS.pop(0)


@app.task
def wait_for_export(export_id):
    while not ready(export_id):
        time.sleep(30)
    send_mail("Export", "It is there.", None, ["ada@example.org"])


@app.task
def welcome(customer_id):
    send_mail("Welcome", "Hello.", None, ["bob@example.org"])


def run():
    wait_for_export.delay(7)
    welcome.delay(3)
