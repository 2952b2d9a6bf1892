# ruff: noqa: B905, UP031, UP032, SIM115, PLW0108 (what old interpreters need)
"""Make a value for each row of the wire tables, send it through a real serializer, and say what came of it.

Also run by old interpreters (3.6 and later) to measure old kombu, so the syntax stays old. The value keys and the
verdicts are those of the large measurement that the tables are generated from; rows whose library is not installed
are not made.
"""

import array
import ast
import collections
import contextlib
import datetime as dt
import decimal
import enum
import fractions
import functools
import io
import ipaddress
import itertools
import json
import logging
import math
import pathlib
import pickle
import re
import socket
import sqlite3
import sys
import tempfile
import threading
import types
import typing
import uuid
import weakref

with contextlib.suppress(ImportError):
    import contextvars
with contextlib.suppress(ImportError):
    import dataclasses
with contextlib.suppress(ImportError):
    import zoneinfo
with contextlib.suppress(ImportError):
    import attr
with contextlib.suppress(ImportError):
    import pydantic
with contextlib.suppress(ImportError):
    import celery
    import celery.result
with contextlib.suppress(ImportError):
    import sqlalchemy
    import sqlalchemy.orm
with contextlib.suppress(ImportError):
    import peewee
with contextlib.suppress(ImportError):
    import bson
    import mongoengine


Point = collections.namedtuple("Point", "x y")


class TPoint(typing.NamedTuple):
    x: int
    y: int


class Color(enum.Enum):
    RED = 1
    BLUE = 2


class SColor(enum.Enum):
    RED = "red"


class IColor(enum.IntEnum):
    RED = 1


if sys.version_info >= (3, 11):

    class StrCol(enum.StrEnum):
        RED = "red"


class OldStrCol(str, enum.Enum):
    RED = "red"


class Perm(enum.Flag):
    R = 1
    W = 2


class IPerm(enum.IntFlag):
    R = 1
    W = 2


class Plain:
    def __init__(self, a):
        self.a = a

    def method(self):
        return self.a


class WithHook:
    """Kombu asks `__json__` what to send."""

    def __json__(self):
        return {"a": 1}


class WithLock:
    def __init__(self):
        self.lock = threading.Lock()


class MyStr(str):
    __slots__ = ()


class MyInt(int):
    pass


class MyDict(dict):
    pass


class MyList(list):
    pass


class CustomErr(Exception):
    def __init__(self, code, msg):
        super().__init__("{}: {}".format(code, msg))
        self.code = code


class Hashable:
    """A key that equals its copies."""

    def __eq__(self, other):
        return type(other) is Hashable

    def __hash__(self):
        return 1


SENTINEL = object()
UTC = dt.timezone.utc
VALUES: "dict[str, typing.Any]" = {}


def module_func(x=None):
    return x


def deco(f):
    def inner(*a):
        return f(*a)

    return inner


@functools.wraps(module_func)
def shadowed(*a):
    return module_func(*a)


def gen():
    yield from (1, 2, 3)


async def coro():
    return 1


def local_class():
    class Inner:
        pass

    return Inner


def traceback_of():
    try:
        raise ValueError("x")
    except ValueError:
        return sys.exc_info()[2]


def row(key):
    """Register a builder for a row."""

    def keep(build):
        VALUES[key] = build
        return build

    return keep


def rows(**values):
    """Register rows whose value can be shared."""
    for key, value in values.items():
        VALUES[key] = lambda value=value: value


rows(
    int=5, int_gt_2_53=2**53 + 1, int_gt_2_64=2**64 + 1, int_neg_big=-(2**70), float=1.5, float_1e16=1e16,
    float_integral=2.0, nan=math.nan, inf=math.inf, bool=True, none=None, str="é", str_surrogate="a\ud800b",
    str_nul="a\x00b", str_subclass=MyStr("x"), int_subclass=MyInt(3), bytes_utf8=b"abc", bytes_bin=b"\xff\x00",
    bytearray=bytearray(b"abc"), list=[1, "a"], list_subclass=MyList([1]), tuple=(1, 2), list_of_tuples=[(1, 2)],
    namedtuple=Point(1, 2), typing_namedtuple=TPoint(1, 2), set={1, 2}, frozenset=frozenset({1}),
    deque=collections.deque([1, 2]), dict_str={"a": 1}, dict_int={1: "a"}, dict_float={1.5: "a"}, dict_none={None: 1},
    dict_bool={True: 1}, dict_tuple={(1, 2): 3}, dict_enum={Color.RED: 1}, dict_collide={1: "a", "1": "b"},
    dict_uuid={uuid.UUID(int=1): 1}, dict_date={dt.date(2024, 1, 2): 1}, dict_of_dates={"d": dt.date(2024, 1, 2)},
    dict_kombu={"__type__": "x", "__value__": 1}, dict_kombu2={"__type__": "bytes", "__value__": "x"},
    dict_subclass=MyDict(a=1), ordereddict=collections.OrderedDict(a=1),
    defaultdict=collections.defaultdict(list, a=[1]),
    defaultdict_lambda=collections.defaultdict(lambda: 0, a=1), counter=collections.Counter("aab"),
    mappingproxy=types.MappingProxyType({"a": 1}), array=array.array("i", [1, 2]), enum_int=Color.RED,
    enum_str=SColor.RED, intenum=IColor.RED, str_mixin_enum=OldStrCol.RED, flag=Perm.R | Perm.W,
    intflag=IPerm.R | IPerm.W, decimal=decimal.Decimal("1.10"), fraction=fractions.Fraction(1, 3), complex=1 + 2j,
    dt_naive=dt.datetime(2024, 1, 2, 3, 4, 5, 678901), dt_utc=dt.datetime(2024, 1, 2, 3, 4, 5, 678901, UTC),
    date=dt.date(2024, 1, 2), time=dt.time(3, 4, 5), timedelta=dt.timedelta(days=1, seconds=2), uuid=uuid.UUID(int=5),
    path=pathlib.Path("/tmp/x"), pattern=re.compile("a+"), ip=ipaddress.IPv4Address("1.2.3.4"), slice=slice(1, 2),
    sentinel=SENTINEL, cls=Plain, func=module_func, wrapped_func=shadowed, builtin=len, module=math, range=range(3),
    # Rows that the large measurement does not have.
    dict_bytes={b"a": 1}, dict_intenum={IColor.RED: 1}, dict_str_mixin={OldStrCol.RED: 1},
    dict_decimal={decimal.Decimal(1): 1}, dict_datetime={dt.datetime(2024, 1, 2): 1}, dict_instance={Hashable(): 1},
)  # fmt: skip

VALUES.update({
    "memoryview": lambda: memoryview(b"abc"), "plain": lambda: Plain(1), "obj_with_lock": WithLock,
    "exception": lambda: ValueError("x"), "exception_custom_init": lambda: CustomErr(1, "x"),
    "nested_func": lambda: deco(module_func), "lambda": lambda: lambda: 1, "bound_method": lambda: Plain(1).method,
    "partial": lambda: functools.partial(module_func, 1), "partial_lambda": lambda: functools.partial(lambda x: x, 1),
    "coroutine": coro, "generator": gen, "list_iterator": lambda: iter([1, 2, 3]), "map": lambda: map(str, [1, 2]),
    "itertools_chain": lambda: itertools.chain([1], [2]), "dict_keys": lambda: {"a": 1}.keys(),
    "dict_values": lambda: {"a": 1}.values(), "file": lambda: open(__file__), "bytesio": lambda: io.BytesIO(b"abc"),
    "stringio": lambda: io.StringIO("abc"), "lock": threading.Lock, "socket": socket.socket,
    "thread": lambda: threading.Thread(target=module_func), "logger": lambda: logging.getLogger("x"),
    "weakref": lambda: weakref.ref(Plain),
    # Rows that the large measurement does not have.
    "json_hook": WithHook, "dict_items": lambda: {"a": 1}.items(), "zip": lambda: zip([1], [2]),
    "enumerate": lambda: enumerate([1]), "match": lambda: re.match("a", "a"), "traceback": traceback_of,
    "frame": sys._getframe, "db_connection": lambda: sqlite3.connect(":memory:"), "tempfile": tempfile.TemporaryFile,
    "named_tempfile": tempfile.NamedTemporaryFile, "local_class": local_class,
    "local_instance": lambda: local_class()(),
})  # fmt: skip

if sys.version_info >= (3, 11):
    rows(strenum=StrCol.RED, dict_strenum={StrCol.RED: 1})
if "contextvars" in globals():
    CTXVAR = contextvars.ContextVar("v")
    rows(contextvar=CTXVAR)
if "zoneinfo" in globals():
    MADRID = zoneinfo.ZoneInfo("Europe/Madrid")
    rows(zoneinfo=MADRID, dt_zoneinfo=dt.datetime(2024, 7, 2, 3, 4, 5, tzinfo=MADRID))
if "dataclasses" in globals():

    @dataclasses.dataclass
    class DC:
        a: int
        b: dt.date

    rows(dataclass=DC(1, dt.date(2024, 1, 2)))
if "attr" in globals():

    @attr.s(auto_attribs=True)
    class AttC:
        a: int
        b: list

    row("attrs")(lambda: AttC(a=1, b=[1]))
if "pydantic" in globals():

    class PydM(pydantic.BaseModel):
        a: int
        b: dt.date

    row("pydantic")(lambda: PydM(a=1, b=dt.date(2024, 1, 2)))
if "celery" in globals():
    APP = celery.Celery("measure")
    TASK = APP.task(name="measure.job")(module_func)
    row("async_result")(lambda: celery.result.AsyncResult("x", app=APP))
    row("signature")(lambda: TASK.s(1))
if "sqlalchemy" in globals() and hasattr(sqlalchemy.orm, "DeclarativeBase"):

    class SABase(sqlalchemy.orm.DeclarativeBase):
        pass

    class SAUser(SABase):
        __tablename__ = "users"
        id = sqlalchemy.Column(sqlalchemy.Integer, primary_key=True)

    def session_of_users():
        engine = sqlalchemy.create_engine("sqlite://")
        SABase.metadata.create_all(engine)
        session = sqlalchemy.orm.Session(engine)
        session.add(SAUser(id=1))
        session.flush()
        return session

    row("sqlalchemy_row")(lambda: session_of_users().execute(sqlalchemy.select(SAUser.id)).one())
    row("sqlalchemy_query")(lambda: session_of_users().query(SAUser))
    row("sqlalchemy_select")(lambda: sqlalchemy.select(SAUser))
    row("sqlalchemy_result")(lambda: session_of_users().scalars(sqlalchemy.select(SAUser)))
    row("sqlalchemy_session")(session_of_users)
if "peewee" in globals():

    class PeUser(peewee.Model):
        name = peewee.CharField()

        class Meta:
            database = peewee.SqliteDatabase(":memory:")

    row("peewee")(lambda: PeUser(id=1, name="a"))
    row("peewee_query")(PeUser.select)
if "mongoengine" in globals():

    class MoUser(mongoengine.Document):
        name = mongoengine.StringField()

    row("mongoengine")(lambda: MoUser(id=bson.ObjectId("5f43a1b2c3d4e5f6a7b8c9d0"), name="a"))
    rows(object_id=bson.ObjectId("5f43a1b2c3d4e5f6a7b8c9d0"))


def same(a, b):
    """Whether b is what a was: same type and value, recursively."""
    if a is b:
        return True
    if type(a) is not type(b):
        return False
    if isinstance(a, float):
        return (math.isnan(a) and math.isnan(b)) or a == b
    if isinstance(a, dt.datetime):
        return type(a.tzinfo) is type(b.tzinfo) and a == b and a.tzinfo == b.tzinfo
    if isinstance(a, dict):
        arrived = {(type(k), k): v for k, v in b.items()}  # in any order: YAML and jsonb sort
        return len(a) == len(b) and all((type(k), k) in arrived and same(v, arrived[type(k), k]) for k, v in a.items())
    if isinstance(a, (list, tuple, collections.deque)):
        return len(a) == len(b) and all(same(x, y) for x, y in zip(a, b))
    if isinstance(a, (io.BytesIO, io.StringIO)):
        return a.getvalue() == b.getvalue()
    if isinstance(a, functools.partial):
        return a.func is b.func and a.args == b.args
    if isinstance(a, types.MethodType):
        return a.__func__ is b.__func__ and same(a.__self__, b.__self__)
    if isinstance(a, BaseException):
        return a.args == b.args
    if type(a) is object:
        return False
    if isinstance(a, (map, zip, enumerate, itertools.chain)) or type(a).__name__ == "list_iterator":
        return list(a) == list(b)
    if a == b:
        return True
    return hasattr(a, "__dict__") and type(a).__eq__ is object.__eq__ and repr(vars(a)) == repr(vars(b))


def why_not(a, b):
    """The words for a change, as the large measurement has them."""
    if type(a) is type(b) is dict:
        if len(a) != len(b):
            return "%d keys -> %d keys" % (len(a), len(b))
        for (ka, va), (kb, vb) in zip(a.items(), b.items()):
            if not same(ka, kb):
                return "key " + why_not(ka, kb)
            if not same(va, vb):
                return "item " + why_not(va, vb)
    if type(a) is type(b) and isinstance(a, (list, tuple)) and len(a) == len(b):
        return next("item " + why_not(x, y) for x, y in zip(a, b) if not same(x, y))
    if isinstance(a, dt.datetime) and type(a) is type(b):
        return "tzinfo"
    return "type {} -> {}".format(type_name(a), type_name(b)) if type(a) is not type(b) else "value"


def type_name(value):
    kind = type(value)
    return kind.__qualname__ if kind.__module__ in ("builtins", __name__) else kind.__module__ + "." + kind.__qualname__


def error_words(error):
    """Type and first line, without addresses, paths and the name of this module."""
    first = (str(error).split("\n") or [""])[0][:160]
    first = re.sub(r" at 0x[0-9a-f]+", "", first).replace(__name__ + ".", "matrix.")
    first = first.encode("ascii", "backslashreplace").decode()
    kind = type(error)
    module = "" if kind.__module__ == "builtins" else kind.__module__ + "."
    return "{}{}: {}".format(module, kind.__qualname__, first)


def trip(build, send, receive):
    """The outcome of one value: a dict as in the large measurement."""
    value = build()
    try:
        sent = send(value)
    except Exception as error:
        return {"outcome": "error-at-enqueue", "exc": [error_words(error)]}
    try:
        got = receive(sent)
    except Exception as error:
        return {"outcome": "error-in-worker", "exc": [error_words(error)]}
    if same(build() if hasattr(value, "__next__") else value, got):
        return {"outcome": "same"}
    shown = re.sub(r" at 0x[0-9a-f]+", "", repr(got))[:90]
    return {"outcome": "changed", "got_type": type_name(got), "got": shown, "why": why_not(value, got)}


def kombu_codec(name):
    """Send and receive as Celery does: kombu's serializers around (args, kwargs, embed)."""
    from kombu import serialization

    def send(value):
        return serialization.dumps(((value,), {}, {"chain": None}), serializer=name)

    def receive(sent):
        content_type, encoding, data = sent
        return serialization.loads(data, content_type, encoding, accept=[content_type])[0][0]

    return send, receive


def pickle_codec():
    return pickle.dumps, pickle.loads


def json_codec():
    return json.dumps, json.loads


def literal_codec():
    return repr, ast.literal_eval


def taskiq_codec():
    import taskiq

    broker = taskiq.InMemoryBroker()

    def send(value):
        message = taskiq.TaskiqMessage(task_id="1", task_name="t", labels={}, args=[value], kwargs={})
        return broker.formatter.dumps(message)

    return send, lambda sent: broker.formatter.loads(sent.message).args[0]


def django_codec():
    from django.utils.json import normalize_json

    return (lambda value: json.dumps(normalize_json(value))), json.loads


def codecs():
    """The codecs that are installed, by the first wire of their family."""
    found = {"pickle": pickle_codec, "json": json_codec, "literal": literal_codec, "taskiq-json": taskiq_codec}
    found["django-tasks"] = django_codec
    for name in ("json", "pickle", "yaml", "msgpack"):
        found["celery-" + name] = functools.partial(kombu_codec, name)
    made = {}
    for name, make in found.items():
        try:
            send, receive = make()
            receive(send(1))
        except Exception:
            continue
        made[name] = (send, receive)
    return made


def measure():
    """Outcomes of every row under every codec there is: {codec: {row: outcome}}."""
    logging.disable(logging.CRITICAL)
    results = {}
    for name, (send, receive) in codecs().items():
        results[name] = {key: trip(build, send, receive) for key, build in sorted(VALUES.items())}
    return results
