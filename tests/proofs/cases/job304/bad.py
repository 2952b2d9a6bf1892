from types import SimpleNamespace

from django.core.mail import send_mail
from jobcheck.runtime import Job


def build(report_id):
    return f"Report {report_id}."


def mail(address, text):
    send_mail("Export", text, None, [address])


class Export(Job):
    def perform(self, report_id):
        mail(self.address, build(report_id))


def export(request, report_id):
    job = Export(report_id)
    job.address = request.user.email
    job.enqueue()


def run():
    export(SimpleNamespace(user=SimpleNamespace(email="ada@example.org")), 7)
