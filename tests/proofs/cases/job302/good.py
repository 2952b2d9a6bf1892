from celery import Celery
from django.core.cache import cache
from django.http import JsonResponse

app = Celery("shop", broker="memory://")


@app.task
def export(report_id):
    cache.set(f"export-{report_id}", 50)


def progress(request, report_id):
    return JsonResponse({"done": cache.get(f"export-{report_id}", 0)})


def run():
    export.delay(7)


def after():
    return f"the page says {progress(None, 7).content.decode()}"
