"""A rehearsal with the real Django, its database a file. In a process of its own."""

import subprocess
import sys

import pytest

_SETUP = """
import sys
import django
from django.conf import settings

settings.configure(
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": sys.argv[1], "OPTIONS": {"timeout": 1}}},
    INSTALLED_APPS=["django.contrib.contenttypes"], DEFAULT_AUTO_FIELD="django.db.models.BigAutoField", USE_TZ=True,
)
django.setup()
from django.db import connection, models, transaction
from jobcheck.runtime import *
from jobcheck.testing import RehearsalFailed, rehearse


class Order(models.Model):
    name = models.TextField(unique=True)

    class Meta:
        app_label = "contenttypes"


with connection.schema_editor() as editor:
    editor.create_model(Order)


def fresh():
    Order.objects.all().delete()


def orders():
    return sorted(Order.objects.values_list("name", flat=True))


class Look(Job):
    def perform(self, name):
        Order.objects.get(name=name)


class LookAfterCommit(Look):
    enqueue_after_commit = True


class Add(Job):
    def perform(self):
        Order.objects.create(name="first")
        Order.objects.create(name="second")


class AddBoth(Job):
    def perform(self):
        with transaction.atomic():
            Order.objects.get_or_create(name="first")
            Order.objects.get_or_create(name="second")


def placing(job):
    def play():
        with transaction.atomic():
            Order.objects.create(name="hat")
            job.perform_later("hat")
    return play


def rehearsed(play, **options):
    try:
        return rehearse(play, fresh=fresh, state=orders, **options)
    except RehearsalFailed as failed:
        return str(failed)


"""

CASES = {
    "an enqueue inside of the transaction": """
        said = rehearsed(placing(Look))
        assert "job 1 fails with DoesNotExist" in said and "schedule='play ^1a'" in said, said
    """,
    "an enqueue after the commit": """
        assert rehearsed(placing(LookAfterCommit), seeds=30) > 5
    """,
    "a death behind a write": """
        # Behind the second: a row of INSERT ... RETURNING is there when its id has been fetched.
        said = rehearsed(Add.perform_later, schedule="play 1a!2 1b")
        assert "job 1 fails with IntegrityError" in said and 'write(INSERT INTO' in said, said
    """,
    "a transaction is all or nothing, and a commit somewhere to die": """
        assert rehearsed(AddBoth.perform_later, seeds=30) > 5
        assert rehearsed(AddBoth.perform_later, schedule="play 1a!3 1b") == 1
    """,
    "what other processes would not see": """
        def refused():
            try:
                rehearse(Add.perform_later, state=orders)
            except ValueError as error:
                return str(error)
        with transaction.atomic():
            assert "a transaction is open on database 'default'" in refused()
        connection.close()
        connection.settings_dict["NAME"] = ":memory:"
        connection.ensure_connection()
        assert "is in memory" in refused()
    """,
}


@pytest.mark.parametrize("case", CASES)
def test_beside_django(case, tmp_path):
    pytest.importorskip("django")
    code = _SETUP + "\n".join(line.removeprefix("        ") for line in CASES[case].splitlines())
    env = {"PYTHONPATH": ":".join(path for path in sys.path if path)}
    command = [sys.executable, "-c", code, str(tmp_path / "orders.db")]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=env, timeout=120)
    assert done.returncode == 0, done.stderr
