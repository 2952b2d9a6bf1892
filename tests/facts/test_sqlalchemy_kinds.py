"""What jobcheck says of columns, relationships and results, against the real SQLAlchemy: the same source, run."""

from __future__ import annotations

import datetime as dt
import decimal
import enum
import sys
import types
import uuid
from typing import Any

import pytest

from jobcheck.solve.kinds import (
    ClassObject,
    EnumMember,
    FrameworkValue,
    FunctionRef,
    Instance,
    Kind,
    Literal,
    Mapping,
    Plain,
    Sequence,
)
from tests.solve.conftest import solver_of

sqlalchemy = pytest.importorskip("sqlalchemy", minversion="2.0")

MODELS = """
import datetime as dt
import decimal
import enum
import uuid
from typing import Optional

import sqlalchemy as sa
from sqlalchemy import ForeignKey, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship


class Base(DeclarativeBase):
    pass


class Color(enum.Enum):
    RED = "red"


class Customer(Base):
    __tablename__ = "customers"
    id = sa.Column(sa.Integer, primary_key=True)
    orders = relationship("Order", back_populates="customer")
    notes = relationship("Note", secondary="links")
    card = relationship("Card", uselist=False)


class Order(Base):
    __tablename__ = "orders"
    id = sa.Column(sa.Uuid, primary_key=True, default=uuid.uuid4)
    customer_id = sa.Column(ForeignKey("customers.id"), nullable=False)
    customer = relationship(Customer, back_populates="orders")
    text = sa.Column(sa.Text, nullable=False)
    number = sa.Column(sa.BigInteger, nullable=False)
    paid = sa.Column(sa.Boolean, nullable=False)
    weight = sa.Column(sa.Float, nullable=False)
    total = sa.Column(sa.Numeric(10, 2), nullable=False)
    rate = sa.Column(sa.Numeric(asdecimal=False), nullable=False)
    at = sa.Column(sa.DateTime, nullable=False)
    day = sa.Column(sa.Date, nullable=False)
    hour = sa.Column(sa.Time, nullable=False)
    wait = sa.Column(sa.Interval, nullable=False)
    color = sa.Column(sa.Enum(Color), nullable=False)
    word = sa.Column(sa.Enum("a", "b"), nullable=False)
    blob = sa.Column(sa.LargeBinary, nullable=False)
    key: Mapped[uuid.UUID]
    price: Mapped[Optional[decimal.Decimal]]
    parent_id: Mapped[Optional[uuid.UUID]] = mapped_column(ForeignKey("orders.id"))
    parent: Mapped[Optional["Order"]] = relationship(remote_side=[id], back_populates="parts")
    parts: Mapped[list["Order"]] = relationship(back_populates="parent")


class Note(Base):
    __tablename__ = "notes"
    id = sa.Column(sa.Integer, primary_key=True)


class Card(Base):
    __tablename__ = "cards"
    id = sa.Column(sa.Integer, primary_key=True)
    customer_id = sa.Column(ForeignKey("customers.id"))


links = sa.Table("links", Base.metadata, sa.Column("c", ForeignKey("customers.id")), sa.Column("n", ForeignKey("notes.id")))
"""
ATTRIBUTES = (
    "id customer_id customer text number paid weight total rate at day hour wait color word blob key price parent_id "
    "parent parts customer.id customer.orders customer.notes customer.card"
).split()
EXPRESSIONS = [
    "session.get(Order, KEY)",
    "session.query(Order).first()",
    "session.query(Order).one()",
    "session.query(Order).all()",
    "session.query(Order)[0]",
    "session.query(Order)[:1]",
    "session.query(Order).count()",
    "session.query(Order.number).first()",
    "session.query(Order.number).scalar()",
    "session.query(Order.number, Order.text).all()",
    "session.query(sa.func.count(Order.id)).scalar()",
    "session.query(sa.func.max(Order.number)).scalar()",
    "session.query(session.query(Order).exists()).scalar()",
    "session.execute(select(Order))",
    "session.execute(select(Order)).first()",
    "session.execute(select(Order)).one()[0]",
    "session.execute(select(Order)).one().Order",
    "session.execute(select(Order)).scalars()",
    "session.execute(select(Order)).scalars().all()",
    "session.execute(select(Order.number)).scalar_one()",
    "session.execute(select(Order.number, Order.text)).one().text",
    "session.execute(select(Order.number, Order.text)).all()",
    "session.execute(select(Order.number, Order.text)).one()._asdict()",
    "session.scalars(select(Order)).first()",
    "session.scalars(select(Order)).all()",
    "session.scalar(select(Order))",
    "session.scalar(select(sa.func.count()).select_from(Order))",
    "session.merge(session.query(Order).one())",
    "session.query(Order)",
    "select(Order)",
]
ROLES = {"row": "Row", "query": "Query", "statement": "Select", "rows": "Result"}
TYPES = {
    "int": int, "str": str, "bool": bool, "float": float, "decimal": decimal.Decimal, "date": dt.date, "time": dt.time,
    "timedelta": dt.timedelta, "bytes": bytes, "uuid": uuid.UUID, "none": type(None),
}  # fmt: skip


def fits(kind: Kind, value: Any) -> bool:
    """Whether a real value is what a kind says."""
    match kind:
        case Plain("datetime_naive"):
            return isinstance(value, dt.datetime) and value.tzinfo is None
        case Plain(name):
            return type(value) is TYPES.get(name)
        case Literal(known):
            return known is None and value is None
        case Instance(cls) | EnumMember(cls):
            return type(value).__name__ == cls.name and not isinstance(value, enum.EnumMeta)
        case Sequence("list", element):
            return isinstance(value, list) and all(any(fits(k, v) for k in element.kinds()) for v in value)
        case Mapping():
            return isinstance(value, dict)
        case FrameworkValue("sqlalchemy", role):
            return any(base.__name__ in (ROLES[role], "ScalarResult") for base in type(value).__mro__)
        case ClassObject():
            return isinstance(value, type)
        case _:
            return False


@pytest.fixture(scope="module")
def real() -> dict[str, Any]:
    """The models, run, with one order of one customer in a database in memory."""
    module = sys.modules["models_of_facts"] = types.ModuleType("models_of_facts")  # Mapped looks names up there
    names = vars(module)
    exec(MODELS, names)
    engine = sqlalchemy.create_engine("sqlite://")
    names["Base"].metadata.create_all(engine)
    session = names["session"] = names["Session"](engine)
    customer = names["Customer"](id=1, card=names["Card"](id=1), notes=[names["Note"](id=1)])
    now = dt.datetime(2024, 1, 2, 3, 4)
    session.add(names["Order"](
        customer=customer, text="a", number=2**40, paid=True, weight=1.5, total=decimal.Decimal("1.50"), rate=1.5, at=now,
        day=now.date(), hour=now.time(), wait=dt.timedelta(1), color=names["Color"].RED, word="a", blob=b"x",
        key=uuid.UUID(int=1), price=decimal.Decimal("2.5"), id=uuid.UUID(int=7)))  # fmt: skip
    session.commit()
    session.expire_all()
    names["KEY"] = uuid.UUID(int=7)
    return names


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("expression", [f"session.query(Order).one().{a}" for a in ATTRIBUTES] + EXPRESSIONS)
def test_the_kind_is_that_of_the_real_value(expression: str, real: dict[str, Any]) -> None:
    main = f"from models import *\nKEY = uuid.UUID(int=7)\ndef f(session: Session):\n    return {expression}\n"
    solver = solver_of({"models.py": MODELS, "main.py": main})
    decl = solver.functions_of("main.py")[0][0]
    found = solver.returned(FunctionRef("main.py", decl.qualname, decl.start))
    value = eval(expression, real)
    assert found.alts
    assert not found.open
    assert any(fits(kind, value) for kind in found.kinds()), (found.kinds(), value)
