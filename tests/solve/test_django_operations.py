"""What calls do to the database, as `solver.records` says it of Django; and what models declare."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from jobcheck.solve.kinds import FunctionRef
from jobcheck.solve.orm.base import FieldInfo, Operation
from jobcheck.solve.solver import Solver

Solved = Callable[[dict[str, str]], Solver]
Operations = Callable[[str], list[Operation]]
Shop = Any  # see conftest


@pytest.fixture
def operations(shop: Shop, solved: Solved) -> Operations:
    """The operations of the function `f` of main.py, in the order of its calls."""
    return lambda source: list(found(solved({**shop.files, "main.py": shop.head + shop.forms + source})))


def found(solver: Solver) -> Iterator[Operation]:
    decl = next(d for d, _ in solver.functions_of("main.py") if d.name == "f")
    unit = solver.function_unit(FunctionRef("main.py", decl.qualname, decl.start))
    assert unit is not None
    answers = [solver.records.operation(site) for site in solver.flow(unit).sites]
    yield from (answer for answer in answers if answer is not None)


def line(operation: Operation) -> str:
    """An operation as one line."""
    parts = [operation.act, operation.model.name if operation.model else "?"]
    parts += [",".join(sorted(operation.fields))] if operation.fields is not None else []
    parts += [f"({', '.join(name for name, _ in operation.lookups)})"] if operation.lookups else []
    parts += ["key"] * operation.by_key + ["atomic"] * operation.atomic + ["using"] * (operation.using is not None)
    return " ".join(parts)


CASES = [
    # reading
    ("Order.objects.get(pk=p)", ["fetch Order (pk) key"]),
    ("Order.objects.get(id=p)", ["fetch Order (id) key"]),
    ("Line.objects.get(code=p)", ["fetch Line (code) key"]),
    ("Order.objects.filter(number=1).exclude(note='x').first()", ["fetch Order (number)"]),
    ("Order.objects.using('other').get(number=1)", ["fetch Order (number) using"]),
    ("Order.everything.paid().latest()", ["fetch Order"]),
    ("get_object_or_404(Order, pk=p)", ["fetch Order (pk) key"]),
    ("get_object_or_404(Order.objects.filter(number=1), status=p)", ["fetch Order (number, status)"]),
    ("get_list_or_404(Order, number=p)", ["fetch Order (number)"]),
    ("list(Order.objects.all())", ["fetch Order"]),
    ("for o in Order.objects.filter(number=1): pass", ["fetch Order (number)"]),
    ("for o in Order.everything.paid(): pass", ["fetch Order"]),
    ("[o for o in Order.objects.filter(number=1)[:3]]", ["fetch Order (number)"]),
    ("qs = Order.objects.filter(number=1)\n    for o in qs: pass", ["fetch Order (number)"]),
    ("qs = Order.objects.filter(number=1)\n    qs.get(note='x')", ["fetch Order (number, note)"]),
    ("Order.objects.filter(number=1)[0]", ["fetch Order (number)"]),
    ("Order.objects.values_list('pk', flat=True).get(number=1)", ["fetch Order (number)"]),
    ("Order.objects.filter(number=1)", []),
    ("return Order.objects.filter(number=1)", []),
    ("Order.objects.get(pk=p).lines.all()", ["fetch Order (pk) key"]),
    ("Order.objects.get(pk=p).lines.first()", ["fetch Line", "fetch Order (pk) key"]),
    ("Order.objects.filter(number=1).exists()", ["exists Order (number)"]),
    ("Order.objects.filter(number=1).count()", ["count Order (number)"]),
    ("Order.objects.aget(pk=p)", ["fetch Order (pk) key"]),
    # locks
    ("Order.objects.select_for_update().get(pk=p)", ["lock Order (pk) key"]),
    ("Order.objects.select_for_update().filter(number=1)", []),
    ("qs = Order.objects.select_for_update()\n    for o in qs: pass", ["lock Order"]),
    ("qs = Order.objects.select_for_update()\n    list(qs.filter(number=1))", ["lock Order (number)"]),
    ("get_object_or_404(Order.objects.select_for_update(), pk=p)", ["lock Order (pk) key"]),
    # writing
    ("Order.objects.create(number=1)", ["create Order"]),
    ("Order.objects.bulk_create([Order()])", ["create Order"]),
    ("Order.objects.bulk_create([Order()], ignore_conflicts=True)", ["upsert Order"]),
    ("Order.objects.get_or_create(number=1, defaults={})", ["upsert Order (number)"]),
    ("Order.objects.aupdate_or_create(number=1)", ["upsert Order (number)"]),
    ("Order(number=1).save()", ["create Order"]),
    ("o = Order(number=1)\n    o.note = 'x'\n    o.save()", ["create Order"]),
    ("o = Order.objects.get(pk=p)\n    o.save()", ["fetch Order (pk) key", "save Order"]),
    ("o = Order.objects.first()\n    o.save(update_fields=['note'])", ["fetch Order", "save Order note"]),
    ("o = Order.objects.first()\n    o.save(update_fields=q)", ["fetch Order", "save Order"]),
    ("o = Order.objects.first()\n    o.save(using='other')", ["fetch Order", "save Order using"]),
    ("for o in Order.objects.all():\n        o.delete()", ["fetch Order", "delete Order"]),
    ("Order.objects.filter(number=1).update(note='x')", ["update Order note (number)"]),
    ("Order.objects.filter(pk=p).update(number=F('number') + 1)", ["update Order number (pk) key atomic"]),
    ("Order.objects.update(**q)", ["update Order"]),
    ("Order.objects.bulk_update(q, ['note'])", ["update Order note"]),
    ("Order.objects.filter(number=1).delete()", ["delete Order (number)"]),
    ("o = Order.objects.first()\n    o.refresh_from_db()", ["fetch Order", "refresh Order"]),
    ("o = Order.objects.first()\n    o.tags.add(q)", ["fetch Order", "upsert Tag"]),
    ("o = Order.objects.first()\n    o.lines.create(code=1)", ["fetch Order", "create Line"]),
    ("OrderForm(q).save()", ["create Order"]),
    ("OrderForm(q, instance=p).save()", ["save Order"]),
    ("OrderForm(q).save(commit=False)", []),
    ("LineSerializer(p, data=q).save()", ["save Line"]),
    ("Person.objects.create_user('x')", ["create Person"]),
    ("o = Order.objects.first()\n    o.slip.save('a.txt', q)", ["fetch Order", "save Order"]),
    ("o = Order.objects.first()\n    o.slip.save('a.txt', q, save=False)", ["fetch Order"]),
    ("o = Order.objects.first()\n    o.slip.delete()", ["fetch Order", "save Order"]),
    # not Django's, or not known
    ("p.save()", []),
    ("p.objects.get(pk=1)", []),
    ("q.get('x')", []),
    ("p.update(a=1)", []),
    ("{}.get('a')", []),
    ("set().add(p)", []),
    ("len(p)", []),
]


@pytest.mark.parametrize(("body", "wanted"), CASES, ids=[c[0] for c in CASES])
def test_operations(body: str, wanted: list[str], operations: Operations) -> None:
    assert [line(o) for o in operations(f"\ndef f(p, q=None):\n    {body}\n")] == wanted


def test_the_record_is_the_expression_that_is_saved(operations: Operations) -> None:
    saved = operations("\ndef f(p):\n    order = Order.objects.get(pk=p)\n    order.save()\n")[1]
    assert getattr(saved.record, "id", None) == "order"


def test_super_in_a_model_saves_self(operations: Operations) -> None:
    source = "\nclass Special(Order):\n    def f(self, *args):\n        super().save(*args)\n"
    (saved,) = operations(source)
    assert line(saved) == "save Special"
    assert getattr(saved.record, "id", None) == "self"


def test_a_receiver_saves_what_it_is_sent(operations: Operations) -> None:
    source = "\ndef f(sender, instance, **kwargs):\n    instance.save()\n"
    assert [line(o) for o in operations(source)] == ["save ?"]


@pytest.fixture
def fields(shop: Shop, solved: Solved) -> dict[str, FieldInfo]:
    return fields_of(solved(shop.files), "shop/models.py", "Order")


def fields_of(solver: Solver, filename: str, name: str) -> dict[str, FieldInfo]:
    decl = next(c for c in solver.project.shape(filename).classes if c.name == name)
    return solver.records.fields(solver.classes.register(filename, decl))


def test_fields_are_named(fields: dict[str, FieldInfo]) -> None:
    assert list(fields) == [
        "id", "customer", "parent", "tags", "status", "total", "token", "number", "note", "words", "extra", "slip", "wait",
        "owner", "created", "modified",
    ]  # fmt: skip


def test_keys_and_uniqueness(fields: dict[str, FieldInfo]) -> None:
    assert [f.name for f in fields.values() if f.key] == ["id"]
    assert [f.name for f in fields.values() if f.unique] == ["id", "number"]


def test_who_writes_a_field(fields: dict[str, FieldInfo]) -> None:
    assert {f.name: f.auto for f in fields.values() if f.auto} == {"id": "key", "created": "add", "modified": "now"}


def test_relations(fields: dict[str, FieldInfo]) -> None:
    found = {f.name: (f.relation.name, f.many, f.column) for f in fields.values() if f.relation}
    assert found == {
        "customer": ("Person", False, "customer_id"), "parent": ("Order", False, "parent_id"), "tags": ("Tag", True, None),
    }  # fmt: skip


def test_together(solved: Solved) -> None:
    source = """
        from django.db import models

        class Seat(models.Model):
            row = models.IntegerField()
            number = models.IntegerField()
            hall = models.IntegerField()

            class Meta:
                constraints = [models.UniqueConstraint(fields=["row", "number"], name="one")]

        class Old(models.Model):
            a = models.IntegerField()
            b = models.IntegerField()

            class Meta:
                unique_together = ("a", "b")

        class Some(models.Model):
            a = models.IntegerField()
            b = models.IntegerField()

            class Meta:
                constraints = [models.UniqueConstraint(fields=["a", "b"], condition=models.Q(a=1), name="some")]
        """
    solver = solved({"halls/models.py": source})
    assert {n: set(f.together) for n, f in fields_of(solver, "halls/models.py", "Seat").items() if f.together} == {
        "row": {"number"}, "number": {"row"},
    }  # fmt: skip
    assert fields_of(solver, "halls/models.py", "Old")["a"].together == {"b"}
    assert not fields_of(solver, "halls/models.py", "Some")["a"].together


def test_other_classes_have_no_fields(solved: Solved) -> None:
    solver = solved({"a.py": "from django import forms\nclass A(forms.Form):\n    b = forms.CharField()\n"})
    assert fields_of(solver, "a.py", "A") == {}
