from celery import Celery
from django.core.mail import send_mail
from django.http import HttpResponse

app = Celery("shop", broker="memory://")


@app.task
def transfer_assets(order_id):
    where = "by the web process" if transfer_assets.request.called_directly else "by the worker"
    send_mail("Transfer", f"Done {where}.", None, ["ada@example.org"])


def approve(request, pk):
    transfer_assets(pk)
    return HttpResponse("done")


def run():
    approve(None, 7)
