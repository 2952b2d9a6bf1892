"""The runtime beside the real Django: after commit, language and time zone, records. In a process of its own."""

import subprocess
import sys

import pytest

_SETUP = """
import sys
import django
from django.conf import settings

settings.configure(
    DATABASES={
        "default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"},
        "other": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"},
    },
    INSTALLED_APPS=["django.contrib.contenttypes"], DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    EMAIL_BACKEND="django.core.mail.backends.locmem.EmailBackend",
    USE_TZ=True, TIME_ZONE="UTC", LANGUAGE_CODE="en-us",
)
django.setup()
from django.db import OperationalError, connection, models, transaction
from django.utils import timezone, translation
from jobcheck.runtime import *
from jobcheck.runtime.payload import dump
from jobcheck.testing import assert_idempotent


class Widget(models.Model):
    name = models.TextField(default="")

    class Meta:
        app_label = "contenttypes"


with connection.schema_editor() as editor:
    editor.create_model(Widget)

queue = configure(adapter="test")
ran = []


class Late(Job):
    enqueue_after_commit = True

    @before_enqueue
    def note(self):
        ran.append("before_enqueue")

    def perform(self, number): ...


class Show(Job):
    wire = "activejob"

    def perform(self, widget):
        ran.append(widget.name)


class Ambient(Job):
    def perform(self):
        ran.append((translation.get_language(), timezone.get_current_timezone_name()))


def raises(error, call):
    try:
        call()
    except error as caught:
        return caught
    raise AssertionError(f"no {error}")
"""

CASES = {
    "A6.5 nothing is open: at once": """
assert Late.perform_later(1).successfully_enqueued
assert len(queue.enqueued_jobs) == 1 and ran == ["before_enqueue"]
""",
    "A6.6 optimistic, and after the commit with its callbacks": """
with transaction.atomic():
    with transaction.atomic():
        job = Late.perform_later(1)
    assert job.successfully_enqueued and not queue.enqueued_jobs and not ran
assert len(queue.enqueued_jobs) == 1 and ran == ["before_enqueue"]
""",
    "A6.7 rolled back, the whole or a savepoint: dropped": """
def fails():
    with transaction.atomic():
        assert Late.perform_later(1)
        1 / 0
raises(ZeroDivisionError, fails)
with transaction.atomic():
    raises(ZeroDivisionError, fails)
assert not queue.enqueued_jobs and not ran
""",
    "A6.8 all that are open": """
with transaction.atomic():
    with transaction.atomic(using="other"):
        Late.perform_later(1)
    assert not queue.enqueued_jobs
assert len(queue.enqueued_jobs) == 1
with transaction.atomic(using="other"):
    with transaction.atomic():
        Late.perform_later(1)
    assert len(queue.enqueued_jobs) == 1
assert len(queue.enqueued_jobs) == 2
""",
    "A6.9 refused after the commit": """
class Full:
    def enqueue(self, data): raise EnqueueError("full")
    enqueue_at = enqueue
configure(adapter=Full())
with transaction.atomic():
    job = Late.perform_later(1)
    assert job and job.successfully_enqueued
assert not job.successfully_enqueued and str(job.enqueue_error) == "full"
""",
    "A6.10 many at once, by class": """
with transaction.atomic():
    late, soon = Late(1), Ambient()
    perform_all_later(late, soon)
    assert [j.data["job_id"] for j in queue.enqueued_jobs] == [soon.job_id] and late.successfully_enqueued
assert len(queue.enqueued_jobs) == 2
""",
    "a bad call is refused where it stands": """
with transaction.atomic():
    raises(SignatureError, lambda: Late.perform_later())
    raises(SerializationError, lambda: Late.perform_later(object()))
""",
    "a retry does not wait for a transaction": """
@retry_on(KeyError)
class Fails(Late):
    def perform(self): raise KeyError
with transaction.atomic():
    Fails.perform_now()
    assert len(queue.enqueued_jobs) == 1
""",
    "A10.1 language and zone of the enqueue, around the run": """
with translation.override("fr"), timezone.override("Europe/Paris"):
    Ambient.perform_later()
data = queue.enqueued_jobs[0].data
assert (data["locale"], data["timezone"]) == ("fr", "Europe/Paris")
queue.drain()
assert ran == [("fr", "Europe/Paris")]
assert (translation.get_language(), timezone.get_current_timezone_name()) == ("en-us", "UTC")
""",
    "A10.2 a message without them: those of the worker": """
data = {**dump(Ambient()), "locale": None, "timezone": None}
with translation.override("de"), timezone.override("Asia/Tokyo"):
    execute(data)
assert ran == [("de", "Asia/Tokyo")]
""",
    "A10.3 the zone of `new`, the language of the enqueue": """
with translation.override("fr"), timezone.override("Europe/Paris"):
    job = Ambient()
with translation.override("de"), timezone.override("Asia/Tokyo"):
    job.enqueue()
data = queue.enqueued_jobs[0].data
assert (data["locale"], data["timezone"]) == ("de", "Europe/Paris")
""",
    "A10.4 arguments are read and errors handled inside of them": """
class Watches(Show):
    @rescue_from(Exception)
    def look(self, error):
        ran.append((translation.get_language(), type(error).__name__))
with translation.override("fr"):
    data = dump(Watches(Widget.objects.create()))
Widget.objects.all().delete()
execute(data)
assert ran == [("fr", "RecordNotFound")]
""",
    "a zone that this worker does not know costs nothing but the zone": """
execute({**dump(Ambient()), "timezone": "Mars/Olympus", "locale": "fr"})
assert ran == [("fr", "UTC")]
""",
    "A2.20 a record is a reference, found anew": """
widget = Widget.objects.create(name="old")
data = dump(Show(widget))
assert data["arguments"] == [{"_aj_globalid": f"gid://django/contenttypes.Widget/{widget.pk}"}]
Widget.objects.update(name="new")
execute(data)
assert ran == ["new"]
""",
    "A2.21 a record that is not saved": """
raises(SerializationError, lambda: Show.perform_later(Widget()))
""",
    "A2.22 a record that is gone is not a database that is down": """
data = dump(Show(Widget.objects.create()))
Widget.objects.all().delete()
gone = raises(RecordNotFound, lambda: execute(data))
assert isinstance(gone, DeserializationError) and isinstance(gone.__cause__, Widget.DoesNotExist)
with connection.schema_editor() as editor:
    editor.delete_model(Widget)
down = raises(DeserializationError, lambda: execute(data))
assert not isinstance(down, RecordNotFound) and isinstance(down.__cause__, OperationalError)
""",
    "A2.23 discard_on(RecordNotFound) keeps the job of a failing database": """
@discard_on(RecordNotFound)
class Careful(Show): ...
data = dump(Careful(Widget.objects.create()))
with connection.schema_editor() as editor:
    editor.delete_model(Widget)
raises(DeserializationError, lambda: execute(data))
""",
    "assert_idempotent sees mail that is sent twice": """
from django.core.mail import send_mail
class Mails(Job):
    def perform(self, pk):
        widget = Widget.objects.get(pk=pk)
        if widget.name != "mailed":
            send_mail("hello", "", "shop@example.com", ["a@example.com"])
            widget.name = "mailed"
            widget.save()
error = raises(AssertionError, lambda: assert_idempotent(Mails, Widget.objects.create().pk))
assert "'hello' to ['a@example.com']" in str(error) and "more than once" in str(error)
""",
    "assert_idempotent lets no row be written behind a death": """
from django.core.mail import send_mail
class Mails(Job):
    def perform(self, pk):
        if Widget.objects.get(pk=pk).name == "mailed":
            return
        try:
            send_mail("hello", "", "shop@example.com", ["a@example.com"])
        finally:
            Widget.objects.filter(pk=pk).update(name="mailed")
class MailsInside(Job):
    def perform(self, pk):
        with transaction.atomic():
            Mails().perform(pk)
class Swallows(Job):
    def perform(self, pk):
        with transaction.atomic():
            if Widget.objects.get(pk=pk).name == "mailed":
                return
            Widget.objects.filter(pk=pk).update(name="mailed")
            try:
                send_mail("hello", "", "shop@example.com", ["a@example.com"])
            except BaseException:
                pass
for cls in (Mails, MailsInside, Swallows):
    pk = Widget.objects.create().pk
    error = raises(AssertionError, lambda: assert_idempotent(cls, pk))
    assert "more than once" in str(error), error
    assert not connection.in_atomic_block
with transaction.atomic():  # as in a TestCase
    pk = Widget.objects.create().pk
    raises(AssertionError, lambda: assert_idempotent(MailsInside, pk))
    assert Widget.objects.get(pk=pk)
""",
    "assert_idempotent on rows": """
class Renames(Job):
    def perform(self, pk):
        Widget.objects.filter(pk=pk).update(name="new")
class Copies(Job):
    def perform(self, pk):
        Widget.objects.create(name="copy")
class CopiesOnce(Job):
    def perform(self, pk):
        Widget.objects.get_or_create(name="copy")
def rows():
    return list(Widget.objects.order_by("pk").values_list("pk", "name"))
pk = Widget.objects.create().pk
assert_idempotent(Renames, pk, state=rows)
assert_idempotent(CopiesOnce, pk, state=rows)
raises(AssertionError, lambda: assert_idempotent(Copies, pk, state=rows))
""",
}


@pytest.fixture(scope="module")
def outcomes():
    """All cases in one process, each in a fork of it."""
    program = f"""{_SETUP}
import os, traceback
for number, case in enumerate({list(CASES.values())!r}):
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        try:
            exec(case, globals())
        except BaseException:
            traceback.print_exc(file=sys.stdout)
        else:
            print("passed", number)
        sys.stdout.flush()
        os._exit(0)
    os.waitpid(child, 0)
    print("=====")
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    return dict(zip(CASES, done.stdout.split("=====\n"), strict=False))


@pytest.mark.skipif(sys.platform == "win32", reason="forks")
@pytest.mark.parametrize("case", CASES)
def test_beside_django(case, outcomes):
    assert outcomes[case].startswith("passed"), outcomes[case]
