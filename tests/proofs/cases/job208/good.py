from celery import Celery, shared_task

app = Celery("shop", broker="memory://")
TROUBLE = [ConnectionError("no answer")]


@shared_task(bind=True)
def charge(self, order_id):
    if TROUBLE:
        raise self.retry(exc=TROUBLE.pop(), countdown=60)
    return order_id


def run():
    charge.delay(7)
