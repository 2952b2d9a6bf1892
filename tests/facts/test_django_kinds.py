"""What jobcheck says of fields, relations, querysets, forms and serializers, against the real Django: the same source, run."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from jobcheck.solve.kinds import FrameworkValue, FunctionRef, Instance, Kind, Literal, Mapping, Plain, Sequence
from tests.solve.conftest import solver_of

pytest.importorskip("django", minversion="4.2")
pytest.importorskip("rest_framework")

SETTINGS = """
USE_TZ = True
SECRET_KEY = "x"
AUTH_USER_MODEL = "shop.Person"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
INSTALLED_APPS = ["django.contrib.auth", "django.contrib.contenttypes", "shop"]
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
"""
MODELS = """
import uuid

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils import timezone


class Person(AbstractUser):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4)


class OrderQuerySet(models.QuerySet):
    def small(self):
        return self.filter(number__lt=9)


class Order(models.Model):
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    parent = models.ForeignKey("self", null=True, on_delete=models.CASCADE, related_name="parts")
    tags = models.ManyToManyField("Tag")
    text = models.CharField(max_length=9)
    slug = models.SlugField(null=True)
    mail = models.EmailField()
    site = models.URLField()
    number = models.PositiveIntegerField(default=1)
    paid = models.BooleanField(default=True)
    weight = models.FloatField(default=1.5)
    total = models.DecimalField(max_digits=9, decimal_places=2, default=1)
    at = models.DateTimeField(default=timezone.now)
    day = models.DateField(auto_now_add=True)
    hour = models.TimeField(auto_now=True)
    wait = models.DurationField(default=timezone.timedelta(1))
    blob = models.BinaryField(default=b"x")
    key = models.UUIDField(default=uuid.uuid4)
    host = models.GenericIPAddressField(default="127.0.0.1")
    file = models.FileField(default="a.txt")
    objects = models.Manager()
    own = OrderQuerySet.as_manager()
    made = models.Manager.from_queryset(OrderQuerySet)()


class Tag(models.Model):
    name = models.CharField(max_length=9, primary_key=True)


class Gift(Order):
    wrap = models.CharField(max_length=9)


class Card(models.Model):
    person = models.OneToOneField(Person, on_delete=models.CASCADE, primary_key=True)
"""
FORMS = """
from django import forms
from django.contrib.auth import get_user_model
from django.apps import apps
from django.shortcuts import get_list_or_404, get_object_or_404
from rest_framework import serializers
from shop.models import *


class OrderForm(forms.ModelForm):
    days = forms.MultipleChoiceField(choices=[("1", "1")])
    since = forms.DateTimeField()
    until = forms.DateField(required=False)
    some = forms.ModelMultipleChoiceField(queryset=Tag.objects.all())
    one = forms.ModelChoiceField(queryset=Tag.objects.all())
    rate = forms.DecimalField()
    file = forms.FileField()
    pause = forms.DurationField()

    class Meta:
        model = Order
        fields = ["person", "tags", "text", "number", "total"]


class OrderSerializer(serializers.ModelSerializer):
    days = serializers.MultipleChoiceField(choices=[1, 2])
    since = serializers.DateTimeField()
    tag = serializers.PrimaryKeyRelatedField(queryset=Tag.objects.all())
    many = serializers.PrimaryKeyRelatedField(queryset=Tag.objects.all(), many=True)
    pause = serializers.DurationField()
    extra = serializers.DictField()

    class Meta:
        model = Order
        fields = ["person", "text", "days", "since", "tag", "many", "pause", "extra"]
"""
FIELDS = (
    "pk id person person_id person.pk person.email person.is_active person.last_login person.is_authenticated parent parent_id "
    "text slug mail site number paid weight total at day hour wait blob key host file gift gift.order_ptr_id gift.pk gift.wrap "
    "person.card person.card.pk person.card.person_id"
).split()
EXPRESSIONS = [
    *(f"Order.objects.get(pk=1).{f}" for f in FIELDS),
    "Order.objects",
    "Order.objects.all()",
    "Order.objects.first()",
    "Order.objects.none().first()",
    "Order.objects.all()[0]",
    "Order.objects.all()[:1]",
    "Order.objects.all() | Order.objects.all()",
    "Order.objects.count()",
    "Order.objects.exists()",
    "Order.objects.in_bulk()",
    "Order.objects.iterator()",
    "Order.objects.aggregate(n=models.Count('pk'))",
    "Order.objects.filter(pk=1).update(number=2)",
    "Order.objects.get_or_create(pk=1)",
    "Order.objects.dates('day', 'year')[0]",
    "Order.objects.datetimes('at', 'year')[0]",
    "Order.objects.values('number', 'total')[0]",
    "Order.objects.values('number', 'total')[0]['total']",
    "Order.objects.values_list('number', 'total')[0]",
    "Order.objects.values_list('number', 'total')",
    "Order.objects.values_list('pk', flat=True)[0]",
    "Order.objects.values_list('person', flat=True)[0]",
    "Order.objects.values_list('person__email', flat=True)[0]",
    "Order.objects.values_list('parent', flat=True)[0]",
    "Order.objects.values_list('tags', flat=True)[0]",
    "Order.own.small()",
    "Order.own.small().first()",
    "Order.made.small().first()",
    "Order.objects.raw('select * from shop_order')[0]",
    "Order.objects.bulk_create([])",
    "Order.objects.get(pk=1).parts",
    "Order.objects.get(pk=1).parts.all()",
    "Order.objects.get(pk=1).tags.first()",
    "Tag.objects.get().order_set.first()",
    "Person.objects.get().order_set.first()",
    "Person.objects.create_user('new')",
    "get_user_model().objects.first()",
    "apps.get_model('shop', 'Order').objects.first()",
    "apps.get_model('shop.order').objects.first()",
    "get_object_or_404(Order, pk=1)",
    "get_list_or_404(Order, pk=1)",
    "Card.objects.first().pk",
    *(f"form.cleaned_data['{f}']" for f in "days since until some one rate file pause person tags text number total".split()),
    "form.save(commit=False)",
    "form.instance",
    *(f"serializer.validated_data['{f}']" for f in "since tag many pause extra person text".split()),
    "serializer.validated_data",
]
SCRIPT = """
import json, sys
import django
django.setup()
from django.core.management import call_command
from django.core.files.uploadedfile import SimpleUploadedFile
from forms import *
call_command("migrate", run_syncdb=True, verbosity=0)
person = Person.objects.create(username="a")
card = Card.objects.create(person=person)
tag = Tag.objects.create(name="a")
gift = Gift.objects.create(person=person, text="a", mail="a@b.c", site="http://a.b", wrap="a")
Order.objects.get(pk=1).tags.add(tag)
given = {"days": ["1"], "since": "2024-01-01 10:00", "some": ["a"], "one": "a", "rate": "1.5", "pause": "1:00", "tags": ["a"],
         "person": person.pk, "text": "a", "number": "1", "total": "1.5"}
form = OrderForm(given, {"file": SimpleUploadedFile("a.txt", b"x")})
assert form.is_valid(), form.errors
data = {"days": [1], "since": "2024-01-01T10:00", "tag": "a", "many": ["a"], "pause": "1:00", "extra": {}, "person": person.pk}
data["text"] = "a"
serializer = OrderSerializer(data=data)
assert serializer.is_valid(), serializer.errors
print(json.dumps([[b.__name__ for b in type(eval(e)).__mro__] for e in json.load(sys.stdin)]))
"""
TYPES = {
    "int": "int", "str": "str", "bool": "bool", "float": "float", "decimal": "Decimal", "date": "date", "time": "time",
    "timedelta": "timedelta", "bytes": "bytes", "uuid": "UUID", "none": "NoneType", "datetime_aware": "datetime",
    "uploaded_file": "UploadedFile", "record": "Model",
}  # fmt: skip
ROLES = {"queryset": "QuerySet", "rows": "QuerySet", "manager": "BaseManager", "iterator": "generator"}


def fits(kind: Kind, bases: list[str]) -> bool:
    """Whether a real value, of which the names of its class and those above it are given, is what a kind says."""
    match kind:
        case Plain("uploaded_file" | "record" as name):
            return TYPES[name] in bases
        case Plain(name):
            return TYPES.get(name) == bases[0]
        case Literal(None):
            return bases[0] == "NoneType"
        case Instance(cls):
            return cls.name in bases
        case Sequence(name):
            return name in bases
        case Mapping():
            return "dict" in bases or "Mapping" in bases
        case FrameworkValue("django", role):
            return ROLES[role] in bases
        case _:
            return False


@pytest.fixture(scope="session")
def real(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """The class, with those above it, of what each expression really gives."""
    root: Path = tmp_path_factory.mktemp("django_facts")
    (root / "shop").mkdir()
    for name, text in {"settings.py": SETTINGS, "shop/__init__.py": "", "shop/models.py": MODELS, "forms.py": FORMS}.items():
        (root / name).write_text(text)
    env = {"DJANGO_SETTINGS_MODULE": "settings", "PYTHONPATH": str(root), "PATH": ""}
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], input=json.dumps(EXPRESSIONS), env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return dict(zip(EXPRESSIONS, json.loads(done.stdout.splitlines()[-1]), strict=True))


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_the_kind_is_that_of_the_real_value(expression: str, real: dict[str, list[str]]) -> None:
    main = f"from forms import *\ndef f(form: OrderForm, serializer: OrderSerializer):\n    return {expression}\n"
    files = {"settings.py": SETTINGS, "shop/__init__.py": "", "shop/models.py": MODELS, "forms.py": FORMS, "main.py": main}
    solver = solver_of(files)
    decl = solver.functions_of("main.py")[0][0]
    found = solver.returned(FunctionRef("main.py", decl.qualname, decl.start))
    assert found.alts
    assert any(fits(kind, real[expression]) for kind in found.kinds()), (found.kinds(), real[expression])
