from celery import Celery, shared_task

app = Celery("shop", broker="memory://")


@shared_task(bind=True, max_retries=5)
def sync(self):
    if self.request.retries < 5:
        raise self.retry(countdown=60)


def run():
    sync.delay()
