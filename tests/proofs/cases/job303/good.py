import threading
from types import SimpleNamespace

from celery import Celery
from shop.models import Customer, Report

app = Celery("shop", broker="memory://")
_state = threading.local()


class UserMiddleware:
    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        _state.user = request.user
        return self.get_response(request)


def get_current_user():
    return getattr(_state, "user", None)


@app.task
def export(report_id, user_id):
    report = Report.objects.get(pk=report_id)
    report.exported_by_id = user_id
    report.save(update_fields=["exported_by"])


def view(request):
    export.delay(Report.objects.create().pk, request.user.pk)


def run():
    user = Customer.objects.create(email="ada@example.org")
    UserMiddleware(view)(SimpleNamespace(user=user))


def after():
    return f"exported by {Report.objects.get().exported_by_id}"
