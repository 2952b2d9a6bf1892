from celery import Celery, chord

app = Celery("shop", broker="memory://", backend="cache+memory://")


@app.task
def render(page):
    return page


@app.task
def collect(pages):
    return len(pages)


@app.task
def restore(*failed):
    return None


def run():
    pages = [render.s(1), render.s(2)]
    chord(pages, collect.s()).on_error(restore.s()).apply_async()
