from celery import Celery

app = Celery("shop", broker="memory://")


@app.task
def warm_cache():
    return None


@app.on_after_finalize.connect
def schedule(sender, **kwargs):
    sender.add_periodic_task(3600, warm_cache.s())


def run():
    """The program does nothing: it only has imported the module."""
