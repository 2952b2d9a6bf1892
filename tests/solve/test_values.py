"""What values are: literals, containers, operators, calls, flow, narrowing; unknown stays unknown."""

from __future__ import annotations

from collections.abc import Callable

import pytest

Returned = Callable[..., str]

# The body of `def f(p, q=None): ...` and what it returns.
CASES = [
    # literals and operators
    ("return 1", "1"),
    ("return 'a' + 'b'", "a str 'ab'"),
    ("return f'{p}'", "a str"),
    ("return p + 'x'", "a str"),
    ("return p", "..."),
    ("return 1 + 2.0", "a float"),
    ("return 1 / 2", "a float"),
    ("return -5", "-5"),
    ("return not p", "a bool"),
    ("return 10 ** 30", "an int"),
    ("return p or 1", "1 | ..."),
    ("return None or 1", "1"),
    ("return 1 if p else 'a'", "1 | a str 'a'"),
    ("pass", "None"),
    # containers
    ("return [1, 'a']", "a list"),
    ("return {1, 2}", "a set"),
    ("return (1, 2)", "a tuple"),
    ("return (1, 'a')[1]", "a str 'a'"),
    ("return {'a': 1}['a']", "1"),
    ("return {'a': 1}.get('a')", "1"),
    ("return {'a': 1}.get('b', 'c')", "a str 'c' | ..."),
    ("x = {'a': 1}\n    x['b'] = {1}\n    return x['b']", "a set"),
    ("x = []\n    x.append({1})\n    return x[0]", "a set"),
    ("x = []\n    for i in p:\n        x.append(uuid.uuid4())\n    return x[0]", "a UUID"),
    ("return [uuid.uuid4() for _ in p][0]", "a UUID"),
    ("return {str(k): 1 for k in p}", "a dict"),
    ("return (x for x in p)", "a generator"),
    ("return next(uuid.uuid4() for _ in p)", "a UUID | ..."),
    ("return list(uuid.uuid4() for _ in p)[0]", "a UUID"),
    ("return list({1, 2})", "a list"),
    ("return set()", "a set"),
    ("return dict(a=1)['a']", "1"),
    ("return sorted({'b'})[0]", "a str 'b'"),
    ("a, b = 1, 'x'\n    return b", "a str 'x'"),
    ("a, *b = p\n    return b", "..."),
    ("return {1} | {2}", "a set"),
    # the standard library
    ("return datetime.datetime.now()", "a naive datetime"),
    ("return datetime.datetime.now(datetime.timezone.utc)", "an aware datetime"),
    ("return datetime.datetime.now(tz=None)", "a naive datetime"),
    ("return datetime.datetime.now().date()", "a date"),
    ("return datetime.datetime.now() - datetime.datetime.now()", "a timedelta"),
    ("return datetime.datetime.now() + datetime.timedelta(1)", "a naive datetime"),
    ("return datetime.datetime.now().isoformat()", "a str"),
    ("return datetime.timedelta(1).total_seconds()", "a float"),
    ("return uuid.uuid4().hex", "a str"),
    ("return str(uuid.uuid4())", "a str"),
    ("return pathlib.Path('/a') / 'b'", "a pathlib.Path"),
    ("return pathlib.Path('/a') / unheard_of()", "a pathlib.Path"),
    ("return str(pathlib.Path('/a'))", "a str"),
    ("return pathlib.Path('/a').name", "a str"),
    ("return open('x')", "an open file"),
    ("with open('x') as h:\n        return h", "an open file"),
    ("return decimal.Decimal(1) * 2", "a Decimal"),
    ("return float('nan')", "nan"),
    # flow
    ("x = 1\n    if p:\n        x = 'a'\n    return x", "a str 'a' | 1"),
    ("x = 1\n    if p:\n        return x\n    x = 'a'\n    return x", "1 | a str 'a'"),
    ("x = 1\n    while p:\n        x = 'a'\n    return x", "1 | a str 'a'"),
    ("x = 1\n    for x in p:\n        pass\n    return x", "1 | ..."),
    ("try:\n        x = 1\n    except ValueError:\n        x = 'a'\n    return x", "1 | a str 'a'"),
    ("try:\n        x = 1\n    except ValueError:\n        raise\n    return x", "1"),
    ("x = 1\n    del x\n    return x", "..."),
    ("x = y = {1}\n    return y", "a set"),
    ("if (n := {1}):\n        return n\n    return 'a'", "a set | a str 'a'"),
    ("global G\n    return G", "..."),
    ("match p:\n        case 1:\n            x = 1\n        case _:\n            x = 'a'\n    return x", "1 | a str 'a'"),
    ("for i in range(3):\n        x = i\n    return x", "an int"),
    # narrowing
    ("x = None if p else uuid.uuid4()\n    if x is None:\n        return 1\n    return x", "1 | a UUID"),
    ("x = None if p else uuid.uuid4()\n    if x:\n        return x\n    return 1", "a UUID | 1"),
    ("x = {1} if p else 'a'\n    if isinstance(x, set):\n        x = list(x)\n    return x", "a list | a str 'a'"),
    ("if isinstance(p, set):\n        return p\n    return 1", "a set | 1"),
    ("if not isinstance(p, (list, tuple)):\n        p = [p]\n    return 1", "1"),
    ("if q is not None:\n        return q\n    return 1", "... "),
    # functions
    ("return helper()", "a set"),
    ("return annotated(p)", "a UUID"),
    ("return twice()", "a set"),
    ("return recursive(p)", "1 | ..."),
    ("return (lambda: {1})()", "a set"),
    ("def inner():\n        return {1}\n    return inner()", "a set"),
    ("return co()", "an un-awaited coroutine"),
    ("return gen()", "a generator"),
    ("return unknown()", "..."),
    ("return wrapped()", "1 | ..."),
    # classes
    ("return Plain()", "an instance of `Plain`"),
    ("return Point(1, 2)", "an instance of `Point` (a dataclass)"),
    ("return Point(1, 2).tags", "a set"),
    ("return Color.RED", "`Color.RED` (an Enum member)"),
    ("return Color('r')", "a member of `Color`"),
    ("return Color.RED.value", "a str 'r'"),
    ("return Color.RED.name", "a str"),
    ("return Level.LOW", "`Level.LOW` (an IntEnum member)"),
    ("return Plain().method()", "a UUID"),
    ("return Plain().prop", "a set"),
    ("return Plain().made", "a timedelta | ..."),
    ("return Plain.LIMIT", "3"),
    ("return Plain().missing", "..."),
    ("return Child().method()", "a UUID"),
    ("return Plain.make()", "an instance of `Plain`"),
    ("return Options(a=1)", "a dict"),
    ("return Plain", "the class `Plain`"),
]  # fmt: skip

PRELUDE = """
import datetime, decimal, enum, functools, pathlib, uuid, dataclasses, typing
from somewhere import decorate, unknown

def helper():
    return {1}

def annotated(x) -> uuid.UUID:
    return x

def twice():
    return helper()

def recursive(x):
    return recursive(x - 1) if x else 1

async def co():
    return 1

def gen():
    yield 1

@decorate
def wrapped():
    return 1

class Plain:
    LIMIT = 3

    def __init__(self):
        self.made = datetime.timedelta(1)

    def method(self):
        return uuid.uuid4()

    @property
    def prop(self):
        return {1}

    @classmethod
    def make(cls):
        return cls()

class Child(Plain):
    pass

@dataclasses.dataclass
class Point:
    x: int
    y: int
    tags: set[str] = dataclasses.field(default_factory=set)

class Color(enum.Enum):
    RED = "r"

class Level(enum.IntEnum):
    LOW = 1

class Options(typing.TypedDict):
    a: int

def f(p, q=None):
    """


@pytest.mark.parametrize(("body", "expected"), CASES, ids=[c[0][:50] for c in CASES])
def test_value(body: str, expected: str, returned: Returned) -> None:
    got = returned(PRELUDE + body + "\n")
    if expected == "... ":
        assert "..." in got
        return
    assert sorted(got.split(" | ")) == sorted(expected.split(" | "))


def test_across_modules(returned: Returned) -> None:
    got = returned(
        "from pkg import make\ndef f():\n    return make()\n",
        {"pkg/__init__.py": "from .parts import make_set as make\n", "pkg/parts.py": "def make_set():\n    return {1}\n"},
    )
    assert got == "a set"


def test_import_inside_a_function(returned: Returned) -> None:
    assert returned("def f():\n    from other import X\n    return X\n", {"other.py": "X = {1}\n"}) == "a set"


def test_module_constants(returned: Returned) -> None:
    assert returned("LIMITS = {1, 2}\ndef f():\n    return LIMITS\n") == "a set"


def test_a_name_of_two_modules(returned: Returned) -> None:
    source = "try:\n    from a import X\nexcept ImportError:\n    from b import X\ndef f():\n    return X\n"
    assert sorted(returned(source, {"a.py": "X = {1}\n", "b.py": "X = 'b'\n"}).split(" | ")) == ["a set", "a str 'b'"]


def test_mutual_recursion_ends(returned: Returned) -> None:
    source = "def g(x):\n    return f(x)\ndef f(x):\n    return g(x) if x else {1}\n"
    assert "a set" in returned(source)


def test_a_long_chain_ends(returned: Returned) -> None:
    lines = "".join(f"    x{n + 1} = x{n}\n" for n in range(500))
    assert returned(f"def f():\n    x0 = {{1}}\n{lines}    return x500\n") == "..."


@pytest.mark.parametrize(
    ("loop", "expected"),
    [
        ("for x in {'a': 1}.values()", "1"),
        ("for x in {'a': 1}.keys()", "a str 'a'"),
        ("for _, x in {'a': 1, 'b': b''}.items()", "1 | bytes b''"),
        ("for _, x in sorted({'a': 1}.items())", "1"),
        ("for _, x in enumerate(['a'])", "a str 'a'"),
        ("for x, _ in enumerate(['a'], start=1)", "an int"),
        ("for _, (x, _) in enumerate(zip(['a'], [1]))", "a str 'a'"),
        ("for _, x in zip(['a'], reversed([1.5]))", "1.5"),
        ("for x in [*{'a': 1}.values()]", "1"),
        ("for x in itertools.chain([1], ['a'])", "1 | a str 'a'"),
        ("for x in itertools.islice(itertools.cycle([1]), 3)", "..."),
        ("for x in {}.values()", "..."),
        ("for x in thing.items()", "..."),
    ],
)
def test_what_loops_give(returned: Callable[..., str], loop: str, expected: str) -> None:
    assert returned(f"import itertools\n\ndef f(thing):\n    {loop}:\n        return x\n    raise ValueError\n") == expected
