"""Names of kinds in messages."""

import pytest
from value_of import Facts

from jobcheck.solve import kinds
from jobcheck.solve.describe import describe
from jobcheck.solve.kinds import UNKNOWN, ClassRef, FunctionRef, known, plain

ORDER = ClassRef("shop.models.Order")
FACTS = Facts(Order="dataclass", Row="dj_model")


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        (kinds.Plain("uuid"), "a UUID"),
        (kinds.Plain("lambda"), "a lambda"),
        (kinds.Sequence("set", UNKNOWN), "a set"),
        (kinds.Sequence("tuple", UNKNOWN), "a tuple"),
        (kinds.Sequence("array", UNKNOWN), "an array"),
        (kinds.Mapping("dict"), "a dict"),
        (kinds.Mapping("OrderedDict"), "an OrderedDict"),
        (kinds.Mapping("Counter"), "a Counter"),
        (kinds.EnumMember(ClassRef("m.Color"), "plain", "RED"), "`Color.RED` (an Enum member)"),
        (kinds.EnumMember(ClassRef("m.Color"), "plain"), "a member of `Color`"),
        (kinds.EnumMember(ClassRef("m.Color"), "flag", "R"), "`Color.R` (a Flag)"),
        (kinds.Instance(ORDER), "an instance of `Order` (a dataclass)"),
        (kinds.Instance(ClassRef("m.Unheard")), "an instance of `Unheard`"),
        (kinds.Instance(ClassRef("m.Row")), "an instance of `Row` (a Django model)"),
        (kinds.ClassObject(ORDER), "the class `Order`"),
        (kinds.Function(FunctionRef("a.py", "f", 0)), "the function `f`"),
        (kinds.Function(FunctionRef("a.py", "C.f", 0), UNKNOWN), "the method `f`"),
        (kinds.LocalFunction("inner", 1, ""), "the nested function `inner`"),
        (kinds.LocalFunction("<lambda>", 1, ""), "a lambda"),
        (kinds.Partial(UNKNOWN), "a functools.partial"),
        (kinds.External("uuid.uuid4"), "`uuid.uuid4`"),
        (kinds.Method(plain("timedelta"), "total_seconds"), "the method `total_seconds` of a timedelta"),
        (kinds.Method(UNKNOWN, "x"), "the method `x` of a value"),
        (kinds.ModuleKind(None, "json"), "the module `json`"),
        (kinds.Coroutine(UNKNOWN), "an un-awaited coroutine"),
        (kinds.FrameworkValue("celery", "signature"), "a signature"),
        (kinds.FrameworkValue("celery", "async_result"), "an async result"),
        (kinds.Literal(None), "None"),
        (kinds.Literal(True), "True"),
        (kinds.Literal(7), "7"),
        (kinds.Literal(10**90), "a large number"),
        (kinds.Literal("a"), "a str 'a'"),
        (kinds.Literal("a" * 90), "a str of length 90"),
        (kinds.Literal(b"a" * 90), "bytes of length 90"),
        (kinds.Literal(b"a"), "bytes b'a'"),
    ],
)
def test_names(kind, name):
    assert describe(kind, FACTS) == name


def test_without_facts():
    assert describe(kinds.Instance(ORDER)) == "an instance of `Order`"
    assert describe(known(kinds.Plain("set_of")).alts[0].kind) == "set_of"


@pytest.mark.parametrize("name", kinds.PLAIN_NAMES)
def test_every_plain_kind_has_a_name(name):
    assert describe(kinds.Plain(name)) == kinds.PLAIN_NAMES[name]
