from types import SimpleNamespace

from django.core.mail import send_mail
from jobcheck.runtime import Job


class Export(Job):
    def perform(self, report_id, address):
        send_mail("Export", f"Report {report_id}.", None, [address])


def export(request, report_id):
    Export.perform_later(report_id, request.user.email)


def run():
    export(SimpleNamespace(user=SimpleNamespace(email="ada@example.org")), 7)
