"""The values that are sent: those of tests/wire/measure.py, and what needs Django, numpy, pandas and the rest.

A new kind is one entry: a builder here (or there, when old interpreters can make it too) and its label in
labels.py.
"""

import dataclasses
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "wire"))
import measure

VALUES = dict(measure.VALUES)


def row(key):
    """Register a builder for a row."""

    def keep(build):
        VALUES[key] = build
        return build

    return keep


try:
    import pydantic

    @pydantic.dataclasses.dataclass
    class PydDC:
        a: int

    row("pydantic_dc")(lambda: PydDC(a=1))
except ImportError:
    pass
try:
    from django.db.models import IntegerChoices, TextChoices

    class TChoices(TextChoices):
        A = "a", "Alpha"

    class IChoices(IntegerChoices):
        A = 1, "One"

    row("textchoices")(lambda: TChoices.A)
    row("integerchoices")(lambda: IChoices.A)
except ImportError:
    pass
if hasattr(measure, "SAUser"):
    row("sqlalchemy")(lambda: measure.SAUser(id=1))


@dataclasses.dataclass(frozen=True, **({"slots": True} if sys.version_info >= (3, 10) else {}))
class DCFrozen:
    a: int


row("dataclass_frozen_slots")(lambda: DCFrozen(1))


@row("redis_client")
def redis_client():
    import redis

    return redis.Redis()


def group():
    from django.contrib.auth.models import Group

    return Group


@row("dj_model")
def model():
    return group()(pk=7, name="staff")


row("dj_queryset")(lambda: group().objects.all())  # noqa: PLW0108 (there are no models before Django is set up)
row("dj_queryset_values")(lambda: group().objects.values_list("id", flat=True))
row("dj_manager")(lambda: group().objects)


@row("dj_q")
def q():
    from django.db.models import Q

    return Q(a=1) | Q(b=2)


@row("dj_lazy")
def lazy_text():
    from django.utils.translation import gettext_lazy

    return gettext_lazy("Yes")


@row("dj_simplelazy")
def lazy_object():
    from django.utils.functional import SimpleLazyObject

    return SimpleLazyObject(model)


@row("dj_safestring")
def safe():
    from django.utils.safestring import mark_safe

    return mark_safe("<b>x</b>")


@row("dj_upload_mem")
def upload_in_memory():
    from django.core.files.uploadedfile import SimpleUploadedFile

    return SimpleUploadedFile("a.txt", b"hello")


@row("dj_upload_tmp")
def upload_in_a_file():
    from django.core.files.uploadedfile import TemporaryUploadedFile

    file = TemporaryUploadedFile("a.txt", "text/plain", 5, "utf-8")
    file.write(b"hello")
    file.seek(0)
    return file


@row("dj_contentfile")
def content_file():
    from django.core.files.base import ContentFile

    return ContentFile(b"hello", name="a.txt")


@row("dj_request_test")
def request_of_a_test():
    from django.test import RequestFactory

    return RequestFactory().get("/x?a=1")


@row("dj_request")
def request():
    """What a WSGI server hands over: its input and errors are streams of the operating system."""
    from django.core.handlers.wsgi import WSGIRequest

    environ = dict(request_of_a_test().environ)
    environ["wsgi.input"] = open(os.devnull, "rb")  # noqa: SIM115
    environ["wsgi.errors"] = sys.stderr
    return WSGIRequest(environ)


@row("dj_response")
def response():
    from django.http import HttpResponse

    return HttpResponse("ok")


@row("dj_querydict")
def querydict():
    from django.http import QueryDict

    return QueryDict("a=1&a=2&b=3")


@row("dj_validation_error")
def validation_error():
    from django.core.exceptions import ValidationError

    return ValidationError("bad", code="x")


@row("np_float64")
def np_float():
    import numpy

    return numpy.float64(1.5)


@row("np_int64")
def np_int():
    import numpy

    return numpy.int64(5)


@row("np_bool")
def np_bool():
    import numpy

    return numpy.bool_(True)


@row("np_array")
def np_array():
    import numpy

    return numpy.array([1, 2, 3])


@row("pd_dataframe")
def pd_dataframe():
    import pandas

    return pandas.DataFrame({"a": [1, 2]})


@row("pd_timestamp")
def pd_timestamp():
    import pandas

    return pandas.Timestamp("2024-01-02T03:04:05Z")
