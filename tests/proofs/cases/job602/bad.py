from celery import Celery
from django.core.mail import send_mail

app = Celery("shop", broker="memory://")
app.conf.task_routes = {"shop.tasks.check_spam": {"queue": "spam"}}


@app.task(name="shop.tasks.check_spam")
def check_spam(review_id):
    send_mail("Spam", f"Review {review_id} is checked.", None, ["ada@example.org"])


def run():
    check_spam.delay(7)
