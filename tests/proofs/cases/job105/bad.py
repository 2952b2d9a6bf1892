from celery import Celery

app = Celery("shop", broker="memory://")


@app.task
def resize(image_id, sizes):
    small = sizes[1]
    return small


def run():
    resize.delay(7, {1: "64x64"})
