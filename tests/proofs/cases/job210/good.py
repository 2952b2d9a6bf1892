from celery import Celery, chain

app = Celery("shop", broker="memory://")


@app.task
def fetch(url):
    return f"the page at {url}"


@app.task
def store(page):
    return len(page)


def run():
    url = "https://shop.example"
    chain(fetch.s(url), store.s()).delay()
