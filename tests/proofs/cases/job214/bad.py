from celery import Celery, group

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
    group(pages).apply_async(link_error=[restore.s()])
