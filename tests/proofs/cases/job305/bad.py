import requests
from celery import Celery
from shop.models import Article

app = Celery("shop", broker="memory://")
API = "https://press.example/articles"


@app.task
def publish(article_id):
    article = Article.objects.get(pk=article_id)
    article.url = requests.post(API, json={"title": article.title}).json()["url"]
    article.save()


def run():
    write("Hats")
    for article in Article.objects.filter(url=""):
        publish.delay(article.pk)


def write(title):
    Article.objects.create(title=title)


def retitle(article_id, title):
    article = Article.objects.get(pk=article_id)
    article.title = title
    article.save(update_fields=["title"])


def meanwhile():
    """An editor mends the title while the job waits for the answer."""
    retitle(Article.objects.get().pk, "Hats and caps")


def after():
    return f"the title is {Article.objects.get().title!r}"
