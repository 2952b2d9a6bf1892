from celery import Celery

app = Celery("shop", broker="memory://")


@app.task
def resize(image_id, sizes):
    small = sizes["small"]
    return small


def run():
    resize.delay(7, {"small": "64x64"})
