"""SQLAlchemy: what columns, relationships, queries and results give; what calls do to the database."""

from __future__ import annotations

import pytest

from jobcheck.solve.kinds import FunctionRef, Value
from jobcheck.solve.orm.base import FieldInfo, Operation
from jobcheck.solve.solver import Solver
from tests.solve.conftest import solver_of, text

MODELS = """
import enum, uuid
from datetime import datetime
import sqlalchemy as sa
from sqlalchemy import Column, Integer, String, ForeignKey, UniqueConstraint, select
from sqlalchemy.dialects.postgresql import UUID, ARRAY, insert
from sqlalchemy.orm import declarative_base, declared_attr, relationship, scoped_session, sessionmaker

Base = declarative_base()

class Color(enum.Enum):
    RED = "red"

class Stamped:
    created_at = Column(sa.DateTime, default=datetime.utcnow, nullable=False)
    updated_at = Column(sa.DateTime, onupdate=datetime.utcnow)

    @declared_attr
    def author_id(cls):
        return Column(Integer, ForeignKey("customers.id"), nullable=False)

    @declared_attr
    def author(cls):
        return relationship("Customer")

class Customer(Base):
    __tablename__ = "customers"
    id = Column(Integer, primary_key=True)
    name = Column(String(50))
    email = Column(String(50), unique=True)
    orders = relationship("Order", back_populates="customer", foreign_keys="Order.customer_id")

class Order(Stamped, Base):
    __tablename__ = "orders"
    __table_args__ = (UniqueConstraint("customer_id", "number"),)
    id = Column(UUID(as_uuid=True), primary_key=True, default=uuid.uuid4)
    customer_id = Column(ForeignKey("customers.id"), nullable=False)
    customer = relationship("Customer", back_populates="orders", foreign_keys=[customer_id])
    number = Column(Integer, nullable=False)
    color = Column(sa.Enum(Color), nullable=False)
    tags = Column(ARRAY(String), nullable=False)
    lines = relationship("Line", backref="order")
    history = relationship("Line", lazy="dynamic")

class Line(Base):
    __tablename__ = "lines"
    id = Column(Integer, primary_key=True)
    order_id = Column(UUID(as_uuid=True), ForeignKey("orders.id"))

Session = scoped_session(sessionmaker())
"""
ORDER = "an instance of `Order` (a SQLAlchemy model)"
CUSTOMER = "an instance of `Customer` (a SQLAlchemy model)"
LINE = "an instance of `Line` (a SQLAlchemy model)"

VALUES = [
    # columns
    ("Order().id", "a UUID"),
    ("Order().customer_id", "an int"),
    ("Order().color", "a member of `Color`"),
    ("Order().tags", "a list of (a str)"),
    ("Order().created_at", "a naive datetime"),
    ("Order().updated_at", "a naive datetime | None"),
    ("Order().author_id", "an int"),
    ("Customer().name", "a str | None"),
    ("Order().nothing", "..."),
    # relationships
    ("Order().customer", CUSTOMER),
    ("Order().author", CUSTOMER),
    ("Customer().orders", f"a list of ({ORDER})"),
    ("Order().lines", f"a list of ({LINE})"),
    ("Order().history.first()", f"{LINE} | None"),
    ("Line().order", f"{ORDER} | None"),
    ("Order().customer.name.upper()", "a str"),
    # queries
    ("Session.query(Order).get(1)", f"{ORDER} | None"),
    ("Session.query(Order).filter(Order.number == 1).one()", ORDER),
    ("Session().query(Order).all()", f"a list of ({ORDER})"),
    ("[o for o in Session.query(Order)[:3]]", f"a list of ({ORDER})"),
    ("Session.query(Order)[0]", ORDER),
    ("Session.query(Order.id, Order.number).first()", "a Row | None"),
    ("[number for _, number in Session.query(Order.id, Order.number)]", "a list of (an int)"),
    ("Session.query(Order.id.label('key')).one().key", "a UUID"),
    ("Session.query(Order).count()", "an int"),
    ("Session.query(sa.func.count(Order.id)).scalar()", "an int"),
    ("Session.query(sa.func.max(Order.number)).scalar()", "an int | None"),
    # statements
    ("Session.get(Order, 1)", f"{ORDER} | None"),
    ("Session.execute(select(Order)).scalars().all()", f"a list of ({ORDER})"),
    ("Session.execute(select(Order)).first()", "a Row | None"),
    ("Session.execute(select(Order, Customer)).one()[1]", CUSTOMER),
    ("Session.execute(select(Order, Customer)).one().Customer", CUSTOMER),
    ("Session.execute(select(Order.id)).scalar_one()", "a UUID"),
    ("Session.scalars(select(Order).where(Order.number > 2)).first()", f"{ORDER} | None"),
    ("Session.scalar(select(Order.number))", "an int | None"),
    ("Session.execute(sa.text('select 1')).scalar()", "None | ..."),
    # nobody says that it is a session but what it is asked for
    ("p.query(Order).first()", f"{ORDER} | None"),
    ("p.get(Order, 1)", f"{ORDER} | None"),
    ("p.scalars(select(Order)).all()", f"a list of ({ORDER})"),
    ("p.get('order', None)", "..."),
    ("p.query('order')", "..."),
    ("p.query(Color).first()", "..."),
]


def deep(value: Value, solver: Solver) -> str:
    """The value with what lists hold."""
    parts = [text(Value((alt,)), solver) for alt in value.alts]
    for number, kind in enumerate(value.kinds()):
        element = getattr(kind, "element", None)
        if element is not None:
            parts[number] += f" of ({deep(element, solver)})"
    return " | ".join(parts + ["..."] * value.open)


@pytest.mark.parametrize(("expression", "expected"), VALUES, ids=[v[0] for v in VALUES])
def test_values(expression: str, expected: str) -> None:
    solver = solver_of({"models.py": MODELS, "main.py": f"from models import *\ndef f(p):\n    return {expression}\n"})
    decl = solver.functions_of("main.py")[0][0]
    found = deep(solver.returned(FunctionRef("main.py", decl.qualname, decl.start)), solver)
    assert found == expected


# --- operations ------------------------------------------------------------------------------------------------

OPERATIONS = [
    ("db.add(order)", "add Order record=order using=db"),
    ("db.add(Order(number=1))", "add Order record=Order(number=1) using=db"),
    ("db.add_all([Order(), Order()])", "add Order using=db"),
    ("db.merge(order)", "add Order record=order using=db"),
    ("db.delete(order)", "delete Order record=order using=db"),
    ("db.refresh(order)", "refresh Order record=order using=db"),
    ("db.refresh(order, with_for_update=True)", "lock Order record=order using=db"),
    ("db.flush()", "flush using=db"),
    ("db.commit()", "commit using=db"),
    ("db.rollback()", "rollback using=db"),
    ("db.get(Order, key)", "fetch Order id=key by_key using=db"),
    ("db.get(Order, key, with_for_update=True)", "lock Order id=key by_key using=db"),
    ("db.query(Order).get(key)", "fetch Order id=key by_key"),
    ("db.query(Order).filter(Order.id == key, Order.number == 2).one()", "fetch Order id=key number=2 by_key"),
    ("db.query(Order).filter((Order.id == key) & (Order.number > 2)).all()", "fetch Order id=key by_key"),
    ("db.query(Order).filter_by(number=key).with_for_update().first()", "lock Order number=key"),
    ("db.query(Order).filter(Order.number == key).count()", "count Order number=key"),
    ("db.query(db.query(Order).filter(Order.id == key).exists()).scalar()", "exists Order"),
    ("db.query(Order).filter_by(id=key).update({'number': 3})", "update Order id=key fields=number by_key"),
    ("db.query(Order).update({Order.number: Order.number + 1})", "update Order fields=number atomic"),
    ("db.query(Order).update({Order.number: key + 1, Order.tags: Order.tags})", "update Order fields=number,tags"),
    ("db.query(Order).filter(Order.id.in_(key)).delete()", "delete Order id=key by_key"),
    ("db.execute(select(Order).where(Order.id == key))", "fetch Order id=key by_key using=db"),
    ("db.scalars(select(Order).with_for_update())", "lock Order using=db"),
    ("db.scalar(select(sa.func.count(Order.id)))", "count Order using=db"),
    ("db.execute(sa.update(Order).where(Order.id == key).values(number=Order.number + 1))",
     "update Order id=key fields=number by_key atomic using=db"),
    ("db.execute(sa.delete(Order).where(Order.id == key))", "delete Order id=key by_key using=db"),
    ("db.execute(insert(Order).values(number=1))", "create Order fields=number using=db"),
    ("db.execute(insert(Order).values(number=1).on_conflict_do_nothing())", "upsert Order fields=number using=db"),
    ("db.execute('select 1')", "nothing"),
    ("db.execute(sa.text('update orders set number = 1'))", "nothing"),
    # evidence
    ("other.add(order)", "add Order record=order using=other"),
    ("other.add(key)", "nothing"),
    ("other.commit()", "nothing"),
    ("session.commit()", "commit using=session"),
    ("session.commit('message')", "nothing"),
    ("cache.get(key, 1)", "nothing"),
    ("cache.delete(key)", "nothing"),
    ("key.first()", "nothing"),
]  # fmt: skip


def shown(found: Operation | None, source: str) -> str:
    if found is None:
        return "nothing"
    parts = [found.act, found.model.name if found.model else ""]
    parts += [f"record={source[found.record.start : found.record.end]}"] if found.record else []
    parts += [f"{name}={source[node.start : node.end]}" for name, node in found.lookups]
    parts += ["fields=" + ",".join(sorted(found.fields))] if found.fields else []
    parts += ["by_key"] * found.by_key + ["atomic"] * found.atomic
    parts += [f"using={source[found.using.start : found.using.end]}"] if found.using else []
    return " ".join(p for p in parts if p)


def operations(body: str, files: dict[str, str]) -> list[tuple[str, str]]:
    """Each call of `f` with what it does."""
    imports = "from models import *\nfrom sqlalchemy.orm import Session as S\n"
    main = f"{imports}def f(db: S, session, other, cache, order: Order, key):\n    {body}\n"
    solver = solver_of({**files, "main.py": main})
    decl = solver.functions_of("main.py")[0][0]
    unit = solver.function_unit(FunctionRef("main.py", decl.qualname, decl.start))
    assert unit is not None
    source = main[unit.offset :]
    return [(source[s.call.start : s.call.end], shown(solver.records.operation(s), source)) for s in solver.flow(unit).sites]


@pytest.mark.parametrize(("call", "expected"), OPERATIONS, ids=[o[0] for o in OPERATIONS])
def test_operations(call: str, expected: str) -> None:
    found = dict(operations(call, {"models.py": MODELS}))
    assert found[call] == expected


def test_a_name_that_is_used_as_a_session_is_one() -> None:
    body = "cache.commit(); other.add(order); other.commit()"
    found = dict(operations(body, {"models.py": MODELS}))
    assert found["other.commit()"] == "commit using=other"
    assert found["cache.commit()"] == "nothing"


def test_a_query_in_several_steps_keeps_what_it_is_about() -> None:
    body = "q = db.query(Order)\n    q = q.filter(Order.id == key)\n    q = q.with_for_update()\n    q.one()"
    assert dict(operations(body, {"models.py": MODELS}))["q.one()"] == "lock Order id=key by_key"


# --- fields ----------------------------------------------------------------------------------------------------


def fields(name: str) -> dict[str, FieldInfo]:
    solver = solver_of({"models.py": MODELS})
    decl = next(c for c in solver.project.shape("models.py").classes if c.name == name)
    return solver.records.fields(solver.classes.register("models.py", decl))


def test_fields() -> None:
    found = fields("Order")
    assert found["id"].key
    assert found["id"].unique
    assert found["id"].auto == "key"
    assert found["created_at"].auto == "add"
    assert found["updated_at"].auto == "now"
    assert found["number"].together == {"customer_id", "number"}
    assert not found["number"].unique
    assert found["lines"].many
    assert found["lines"].relation is not None
    assert found["lines"].relation.name == "Line"
    assert not found["customer"].many
    assert fields("Customer")["email"].unique


def test_other_classes_have_none() -> None:
    assert fields("Color") == {}
    assert fields("Stamped") == {}
