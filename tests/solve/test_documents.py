"""Peewee and MongoEngine: what fields, queries and documents give; what calls do to the database."""

from __future__ import annotations

import pytest

from jobcheck.solve.kinds import FunctionRef
from jobcheck.solve.orm.base import FieldInfo
from tests.solve.conftest import solver_of
from tests.solve.test_sqlalchemy import deep, shown

PEEWEE = """
import uuid
from peewee import *

class BaseModel(Model):
    class Meta:
        database = SqliteDatabase("x")

def short(**options):
    return CharField(max_length=10, **options)

class Reader(BaseModel):
    card = UUIDField(primary_key=True, default=uuid.uuid4)
    name = short()

class Loan(BaseModel):
    reader = ForeignKeyField(Reader, backref="loans")
    number = IntegerField(unique=True)
    fee = DecimalField(null=True)
    due = DateTimeField()
    parent = ForeignKeyField("self", null=True)
"""
LOAN, READER = "an instance of `Loan` (a Peewee model)", "an instance of `Reader` (a Peewee model)"
MONGO = """
import enum
from mongoengine import *

class Kind(enum.Enum):
    OPEN = "open"

def described(inner, **notes):
    inner.notes = notes
    return inner

class Slug(StringField):
    pass

class Secret(StringField):
    def to_python(self, value):
        return decode(value)

class File(EmbeddedDocument):
    size = IntField()

class Topic(Document):
    name = StringField(primary_key=True)

class Dataset(Document):
    slug = described(Slug(required=True), note=1)
    secret = Secret(required=True)
    topic = ReferenceField("Topic")
    topics = ListField(ReferenceField(Topic))
    files = EmbeddedDocumentListField(File)
    parts = described(ListField(EmbeddedDocumentField("File")))
    kind = EnumField(Kind, required=True)
    at = DateTimeField(required=True)
    ext = DictField()
    views = IntField(default=0)
    code = StringField(unique_with="slug", db_field="c")
"""
DATASET, TOPIC = "an instance of `Dataset` (a MongoEngine document)", "an instance of `Topic` (a MongoEngine document)"
FILE = "an instance of `File` (a MongoEngine document)"

VALUES = [
    (PEEWEE, "Loan().id", "an int"),
    (PEEWEE, "Loan().reader", READER),
    (PEEWEE, "Loan().reader_id", "a UUID"),
    (PEEWEE, "Loan().parent", f"{LOAN} | None"),
    (PEEWEE, "Loan().parent_id", "an int | None"),
    (PEEWEE, "Loan().fee", "a Decimal | None"),
    (PEEWEE, "Loan().due", "a naive datetime"),
    (PEEWEE, "Reader().name", "a str"),
    (PEEWEE, "Reader().id", "..."),
    (PEEWEE, "[loan.number for loan in Reader().loans]", "a list of (an int)"),
    (PEEWEE, "Loan.get_by_id(1)", LOAN),
    (PEEWEE, "Loan.get(Loan.id == 1)", LOAN),
    (PEEWEE, "Loan.get_or_none(id=1)", f"{LOAN} | None"),
    (PEEWEE, "Loan.get_or_create(number=1)[0]", LOAN),
    (PEEWEE, "Loan.select().where(Loan.id == 1).first()", f"{LOAN} | None"),
    (PEEWEE, "[loan for loan in Loan.select()]", f"a list of ({LOAN})"),
    (PEEWEE, "Loan.select()[:2]", f"a list of ({LOAN})"),
    (PEEWEE, "Loan.select().count()", "an int"),
    (PEEWEE, "[row for row in Loan.select().dicts()]", "a list of (a dict)"),
    (PEEWEE, "Loan().nothing", "..."),
    (MONGO, "Dataset().id", "an ObjectId"),
    (MONGO, "Dataset().pk", "an ObjectId"),
    (MONGO, "Dataset().slug", "a str"),
    (MONGO, "Dataset().secret", "..."),
    (MONGO, "Dataset().topic", f"{TOPIC} | None"),
    (MONGO, "Dataset().topic.pk", "a str"),
    (MONGO, "Dataset().topics", f"a list of ({TOPIC})"),
    (MONGO, "Dataset().files", f"a list of ({FILE})"),
    (MONGO, "Dataset().parts[0].size", "an int | None"),
    (MONGO, "Dataset().kind", "a member of `Kind`"),
    (MONGO, "Dataset().at", "a naive datetime"),
    (MONGO, "Dataset().ext", "a dict"),
    (MONGO, "Dataset().views", "an int"),
    (MONGO, "Dataset.objects(id=1).first()", f"{DATASET} | None"),
    (MONGO, "Dataset.objects.get(id=1)", DATASET),
    (MONGO, "Dataset.objects.create(slug='a')", DATASET),
    (MONGO, "[d.id for d in Dataset.objects.order_by('at')]", "a list of (an ObjectId)"),
    (MONGO, "[d for d in Dataset.objects[:3]]", f"a list of ({DATASET})"),
    (MONGO, "Dataset().save()", DATASET),
    (MONGO, "File().id", "..."),
]

OPERATIONS = [
    (PEEWEE, "Loan.get(Loan.id == key)", "fetch Loan id=key by_key"),
    (PEEWEE, "Loan.get_by_id(key)", "fetch Loan id=key by_key"),
    (PEEWEE, "Loan.get_or_none(id=key)", "fetch Loan id=key by_key"),
    (PEEWEE, "Loan.create(number=1)", "create Loan fields=number"),
    (PEEWEE, "Loan.get_or_create(number=1)", "upsert Loan number=1"),
    (PEEWEE, "Loan(number=1).save()", "create Loan record=Loan(number=1)"),
    (PEEWEE, "loan.save()", "save Loan record=loan"),
    (PEEWEE, "loan.save(only=[Loan.number])", "save Loan record=loan fields=number"),
    (PEEWEE, "loan.delete_instance()", "delete Loan record=loan"),
    (PEEWEE, "Loan.update({Loan.number: Loan.number + 1}).where(Loan.id == key).execute()",
     "update Loan id=key fields=number by_key atomic"),
    (PEEWEE, "Loan.update(number=3).execute()", "update Loan fields=number"),
    (PEEWEE, "Loan.insert(number=1).execute()", "create Loan fields=number"),
    (PEEWEE, "Loan.insert(number=1).on_conflict_ignore().execute()", "upsert Loan fields=number"),
    (PEEWEE, "Loan.select().where(Loan.id == key).for_update().get()", "lock Loan id=key by_key"),
    (PEEWEE, "Loan.select().where(Loan.number == key).exists()", "exists Loan number=key"),
    (PEEWEE, "Loan.delete().where(Loan.number == 3).execute()", "delete Loan number=3"),
    (PEEWEE, "other.save()", "nothing"),
    (PEEWEE, "other.execute()", "nothing"),
    (MONGO, "Dataset.objects(id=key).first()", "fetch Dataset id=key by_key"),
    (MONGO, "Dataset.objects.get(slug=key)", "fetch Dataset slug=key"),
    (MONGO, "Dataset.objects.create(slug='a')", "create Dataset fields=slug"),
    (MONGO, "Dataset(slug='a').save()", "create Dataset record=Dataset(slug='a')"),
    (MONGO, "data.save()", "save Dataset record=data"),
    (MONGO, "data.update(set__slug='c', inc__views=1)", "update Dataset record=data fields=slug,views"),
    (MONGO, "data.update(inc__views=1)", "update Dataset record=data fields=views atomic"),
    (MONGO, "Dataset.objects(id=key).update_one(push__topics=key)", "update Dataset id=key fields=topics by_key atomic"),
    (MONGO, "Dataset.objects(slug=key).update_one(set__views=1, upsert=True)", "upsert Dataset slug=key fields=views"),
    (MONGO, "data.modify(views=3)", "update Dataset record=data fields=views"),
    (MONGO, "data.reload()", "refresh Dataset record=data"),
    (MONGO, "data.delete()", "delete Dataset record=data"),
    (MONGO, "Dataset.objects(slug=key).count()", "count Dataset slug=key"),
    (MONGO, "other.reload()", "nothing"),
]  # fmt: skip


@pytest.mark.parametrize(("models", "expression", "expected"), VALUES, ids=[v[1] for v in VALUES])
def test_values(models: str, expression: str, expected: str) -> None:
    solver = solver_of({"models.py": models, "main.py": f"from models import *\ndef f(p):\n    return {expression}\n"})
    decl = solver.functions_of("main.py")[0][0]
    assert deep(solver.returned(FunctionRef("main.py", decl.qualname, decl.start)), solver) == expected


@pytest.mark.parametrize(("models", "call", "expected"), OPERATIONS, ids=[o[1] for o in OPERATIONS])
def test_operations(models: str, call: str, expected: str) -> None:
    main = f"from models import *\ndef f(loan: 'Loan', data: 'Dataset', other, key):\n    {call}\n"
    solver = solver_of({"models.py": models, "main.py": main})
    decl = solver.functions_of("main.py")[0][0]
    unit = solver.function_unit(FunctionRef("main.py", decl.qualname, decl.start))
    assert unit is not None
    source = main[unit.offset :]
    found = {source[s.call.start : s.call.end]: shown(solver.records.operation(s), source) for s in solver.flow(unit).sites}
    assert found[call] == expected


def fields(models: str, name: str) -> dict[str, FieldInfo]:
    solver = solver_of({"models.py": models})
    decl = next(c for c in solver.project.shape("models.py").classes if c.name == name)
    return solver.records.fields(solver.classes.register("models.py", decl))


def test_fields_of_a_peewee_model() -> None:
    found = fields(PEEWEE, "Loan")
    assert found["id"].auto == "key"
    assert found["number"].unique
    assert found["reader"].column == "reader_id"
    assert found["reader"].relation is not None
    assert found["reader"].relation.name == "Reader"
    assert not fields(PEEWEE, "Reader").get("id")


def test_fields_of_a_document() -> None:
    found = fields(MONGO, "Dataset")
    assert found["id"].key
    assert found["topics"].many
    assert found["topics"].relation is not None
    assert found["views"].auto == "add"
    assert found["code"].together == {"code", "slug"}
    assert found["code"].column == "c"
    assert "id" not in fields(MONGO, "File")
    assert "id" not in fields(MONGO, "Topic")
