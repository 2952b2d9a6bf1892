from types import SimpleNamespace

from django.core.mail import send_mail
from jobcheck.runtime import Job


class Export(Job):
    def perform(self, report_id):
        send_mail("Export", f"Report {report_id}.", None, [self.address])


def export(request, report_id):
    job = Export(report_id)
    job.address = request.user.email
    job.enqueue()


def run():
    export(SimpleNamespace(user=SimpleNamespace(email="ada@example.org")), 7)
