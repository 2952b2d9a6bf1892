"""What functions do outside of the process, and where they may fail."""

from __future__ import annotations

import pytest

from jobcheck.config import Settings
from jobcheck.engine import RunOptions, _Run
from jobcheck.solve.effects import Effect, effects_of, may_fail
from jobcheck.solve.kinds import FunctionRef
from jobcheck.solve.solver import Solver

MODELS = """from django.db import models

class Order(models.Model):
    number = models.CharField(max_length=9, unique=True)
    paid = models.BooleanField(default=False)
    tries = models.IntegerField(default=0)

class Line(models.Model):
    text = models.TextField()

class MailLog(models.Model):
    text = models.TextField()
"""


@pytest.fixture
def project(tmp_path):  # type: ignore[no-untyped-def]
    """A solver over some modules."""

    def make(**modules: str) -> Solver:
        for name, text in modules.items():
            (tmp_path / f"{name}.py").write_text(text)
        return _Run(RunOptions(root=tmp_path, settings=Settings())).solver

    return make


def _ref(solver: Solver, filename: str, name: str) -> FunctionRef:
    decl = next(d for d in solver.project.shape(filename).functions if d.name == name)
    return FunctionRef(filename, decl.qualname, decl.start)


@pytest.fixture
def effects(project):  # type: ignore[no-untyped-def]
    """The effects of the function `run` that has the given body."""

    def ask(body: str, head: str = "", **files: str) -> tuple[Effect, ...]:
        text = head + "\ndef run(order_id, url):\n" + "".join(f"    {line}\n" for line in body.splitlines())
        solver = project(run=text, models=MODELS, **files)
        return effects_of(solver, _ref(solver, "run.py", "run"))

    return ask


@pytest.mark.parametrize(
    ("head", "body", "kind", "doubles"),
    [
        ("from django.core.mail import send_mail", "send_mail('a', 'b', None, [])", "mail", True),
        ("from django.core.mail import EmailMessage", "message = EmailMessage('a')\nmessage.send()", "mail", True),
        ("import smtplib", "with smtplib.SMTP('h') as server:\n    server.send_message(url)", "mail", True),
        ("import boto3\nses = boto3.client('ses')", "ses.send_email(Source='a')", "mail", True),
        ("import boto3", "boto3.client('s3').put_object(Bucket='a')", None, False),
        ("import requests", "requests.post(url)", "http", True),
        ("import requests", "requests.put(url)", "http", False),
        ("import requests", "requests.get(url)", "read", False),
        ("import requests", "requests.request('POST', url)", "http", True),
        ("import requests", "with requests.Session() as session:\n    session.post(url)", "http", True),
        ("import requests", "requests.post(url, headers={'Idempotency-Key': '1'})", "http", False),
        ("import httpx", "client = httpx.Client()\nclient.patch(url)", "http", True),
        ("import stripe", "stripe.Charge.create(amount=1)", "payment", True),
        ("import stripe", "stripe.Charge.create(amount=1, idempotency_key=order_id)", "payment", False),
        ("import stripe", "stripe.Charge.retrieve(order_id)", None, False),
        ("from slack_sdk import WebClient", "WebClient().chat_postMessage(channel='a')", "message", True),
        ("from twilio.rest import Client", "client = Client('a', 'b')\nclient.messages.create(to='a')", "message", True),
        (
            "from asgiref.sync import async_to_sync\nfrom channels.layers import get_channel_layer",
            "layer = get_channel_layer()\nasync_to_sync(layer.group_send)('a', {})", "message", True,
        ),
        ("from models import Line", "Line.objects.create(text='a')", "insert", True),
        ("from models import Line", "line = Line(text='a')\nline.save()", "insert", True),
        ("from models import Line", "Line.objects.get_or_create(text='a')", None, False),
        ("from models import Line", "Line.objects.bulk_create([Line(text='a')], ignore_conflicts=True)", None, False),
        ("from models import Order", "Order.objects.create(number='7')", "insert", False),
        ("from models import MailLog", "MailLog.objects.create(text='a')", "insert", False),
        ("from models import Order", "order = Order.objects.get(pk=1)\norder.tries += 1\norder.save()", "increment", True),
        (
            "from django.db.models import F\nfrom models import Order",
            "Order.objects.filter(pk=1).update(tries=F('tries') + 1)", "increment", True,
        ),
        ("", "with open(url, 'a') as file:\n    file.write('a')", "file", True),
        ("", "with open(url, 'w') as file:\n    file.write('a')", None, False),
        ("", "url.send()\nurl.post('a')\nurl.create()", None, False),
    ],
)  # fmt: skip
def test_one_call(effects, head: str, body: str, kind: str | None, doubles: bool) -> None:  # type: ignore[no-untyped-def]
    found = effects(body, head)
    assert [(e.kind, e.doubles) for e in found] == ([(kind, doubles)] if kind else [])


@pytest.mark.parametrize(
    ("body", "kind", "doubles"),
    [
        ("urlopen(url)", "read", False),
        ("urlopen(url, None)", "read", False),
        ("urlopen(url, data=b'a')", "http", True),
        ("urlopen(url, order_id)", "http", True),
        ("request = Request(url, method='POST')\nurlopen(request)", "http", True),
        ("request = Request(url, data=b'a')\nurlopen(request, timeout=9)", "http", True),
        ("request = Request(url, b'a', method='PUT')\nurlopen(request)", "http", False),
        ("request = Request(url)\nrequest.data = order_id\nurlopen(request)", "http", True),
        ("request = Request(url, b'a', method=order_id)\nurlopen(request)", "read", False),
        ("urlopen(Request(url))", "read", False),
        ("urlopen(Request(url, b'a', {'Idempotency-Key': order_id}))", "http", False),
        ("request = Request(url, b'a')\nrequest.add_header('Idempotency-Key', order_id)\nurlopen(request)", "http", False),
        ("body = json.dumps({'cents': 5, 'idempotency_key': order_id}).encode()\nurlopen(url, body)", "http", False),
        ("body = json.dumps({'cents': 5, 'request_id': order_id}).encode()\nurlopen(url, body)", "http", True),
        ("with urlopen(url, b'a'):\n    pass", "http", True),
        ("with urlopen(url, b'a') as answer:\n    answer.read()", "http", True),
        ("with urlopen(url, b'a') as answer:\n    return json.load(answer)", "http", False),
        ("with urlopen(url, b'a') as answer:\n    return json.loads(answer.read())", "http", False),
        ("urlopen('https://pay.example/charges', b'a')", "payment", True),
        (
            "request = Request('https://pay.example/charges', b'a')\nwith urlopen(request) as answer:\n    return answer.read()",
            "payment", True,
        ),
    ],
)  # fmt: skip
def test_urllib(effects, body: str, kind: str, doubles: bool) -> None:  # type: ignore[no-untyped-def]
    found = effects(body, "import json\nfrom urllib.request import Request, urlopen")
    assert [(e.kind, e.doubles) for e in found if e.kind != "file"] == [(kind, doubles)]


@pytest.mark.parametrize(
    ("body", "doubles"),
    [
        ("with requests.post(url) as answer:\n    answer.raise_for_status()", True),
        ("with requests.post(url) as answer:\n    return answer.json()", False),
        ("with requests.post(url) as answer, open(url) as file:\n    print(answer.status_code, file)", True),
        ("with requests.post(url):\n    pass", True),
        ("with requests.Session() as session, session.post(url) as answer:\n    return answer.text", False),
    ],
)
def test_answers_in_a_with(effects, body: str, doubles: bool) -> None:  # type: ignore[no-untyped-def]
    assert [e.doubles for e in effects(body, "import requests") if e.kind == "http"] == [doubles]


@pytest.mark.parametrize(
    ("body", "doubles"),
    [
        ("requests.post(url, json={'idempotency_key': order_id})", False),
        ("body = {'cents': 5}\nbody['idempotency_key'] = order_id\nrequests.post(url, json=body)", False),
        ("headers = {'Accept': 'a'}\nheaders['Idempotency-Key'] = order_id\nrequests.post(url, headers=headers)", False),
        ("requests.post(url, headers={**HEADERS, 'Idempotency-Key': order_id})", False),
        ("httpx.post(url, headers={'Idempotency-Key': order_id})", False),
        ("httpx.post(url, content=json.dumps({'idempotency_key': order_id}))", False),
        ("requests.post(url, json={'request_id': order_id})", True),
        ("requests.post(url, json={'order': {'idempotency_key': order_id}})", True),
        ("with httpx.Client() as client:\n    client.post(url, headers=HEADERS)", True),
    ],
)
def test_keys(effects, body: str, doubles: bool) -> None:  # type: ignore[no-untyped-def]
    head = "import json\nimport httpx\nimport requests\nHEADERS = {'Accept': 'application/json'}"
    assert [e.doubles for e in effects(body, head) if e.kind == "http"] == [doubles]


@pytest.mark.parametrize(
    "body",
    [
        "order = Order.objects.get(pk=1)\nif order.paid:\n    return\nrequests.post(url)\norder.paid = True\norder.save()",
        "order = Order.objects.get(pk=1)\nif order.mailed_at is None or not order.sent:\n    requests.post(url)",
        "if Order.objects.filter(number='7').exists():\n    return\nrequests.post(url)",
        "if not cache.add('key', 1):\n    return\nrequests.post(url)",
        "for order in Order.objects.filter(paid=False):\n    requests.post(url)\n    order.paid = True\n    order.save()",
        "with cache.lock('key'):\n    requests.post(url)",
        "_, created = Order.objects.get_or_create(number='7')\nif created:\n    requests.post(url)",
        "if not Order.objects.filter(pk=1, paid=False).update(paid=True):\n    return\nrequests.post(url)",
    ],
)
def test_what_stands_around_it_guards_it(effects, body: str) -> None:  # type: ignore[no-untyped-def]
    head = "import requests\nfrom django.core.cache import cache\nfrom models import Order"
    found = next(e for e in effects(body, head) if e.kind == "http")
    assert not found.doubles
    assert found.guard


def test_a_test_of_something_else_is_no_guard(effects) -> None:  # type: ignore[no-untyped-def]
    body = "order = Order.objects.get(pk=1)\nif not order.number:\n    return\nrequests.post(url)"
    assert effects(body, "import requests\nfrom models import Order")[0].doubles


def test_helpers_are_told_as_the_call_of_them(effects) -> None:  # type: ignore[no-untyped-def]
    lib = "import requests\n\ndef outer(url):\n    inner(url)\n\ndef inner(url):\n    requests.post(url)\n    outer(url)\n"
    (found,) = effects("outer(url)", "from lib import outer", lib=lib)
    assert found.site.unit.filename == "run.py"
    assert found.origin.filename == "lib.py"
    assert len(found.path) == 1
    assert found.doubles


def test_failures_are_those_that_leave(project) -> None:  # type: ignore[no-untyped-def]
    text = (
        "import requests\n\ndef run(url):\n    requests.get(url)\n    try:\n        requests.post(url)\n"
        "    except requests.RequestException:\n        pass\n    try:\n        requests.put(url)\n    except ValueError:\n"
        "        pass\n    helper(url)\n\ndef helper(url):\n    if url:\n        raise KeyError(url)\n"
    )
    solver = project(run=text)
    unit = solver.function_unit(_ref(solver, "run.py", "run"))
    assert unit is not None
    sites = solver.flow(unit).sites
    assert [[f.what for f in may_fail(solver, site)] for site in sites] == [
        ["requests.get"], [], ["requests.put"], ["raise KeyError"],
    ]  # fmt: skip
