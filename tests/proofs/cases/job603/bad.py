from deploy import app
from django.core.mail import send_mail


@app.task
def send_digest():
    send_mail("Digest", "What is new.", None, ["ada@example.org"])


def run():
    send_digest.delay()
