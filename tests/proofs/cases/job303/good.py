import contextvars
from types import SimpleNamespace

from celery import Celery
from django.core.mail import send_mail

app = Celery("shop", broker="memory://")
current_tenant = contextvars.ContextVar("current_tenant", default=None)


class TenantMiddleware:
    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        current_tenant.set(request.headers["X-Tenant"])
        return self.get_response(request)


@app.task
def export(report_id, tenant):
    send_mail("Export", f"Report {report_id} of {tenant}.", None, ["ada@example.org"])


def view(request):
    export.delay(7, current_tenant.get())


def run():
    TenantMiddleware(view)(SimpleNamespace(headers={"X-Tenant": "acme"}))
