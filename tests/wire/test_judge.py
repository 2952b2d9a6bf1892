"""The judge: first all that must stay quiet, then what it says and where."""

import math

import pytest
from value_of import Facts, NoFacts, value_of

from jobcheck.solve import kinds
from jobcheck.solve.kinds import (
    NOTHING,
    UNKNOWN,
    Alt,
    ClassObject,
    ClassRef,
    Coroutine,
    EnumMember,
    External,
    FrameworkValue,
    Function,
    FunctionRef,
    Instance,
    Literal,
    LocalFunction,
    Mapping,
    Method,
    ModuleKind,
    Origin,
    Partial,
    Plain,
    Sequence,
    Value,
    join,
    known,
    plain,
)
from jobcheck.wire import rows
from jobcheck.wire.judge import MOST_TRIPS, judge
from jobcheck.wire.tables import row_names, wire, wire_names

HERE = Origin("app.py", 10, 20)
FACTS = Facts(
    Order="dataclass", Row="dj_model", Money="pydantic", Point="namedtuple", Boom="exception_custom_init",
    Odd="no_such", Name="str_subclass", Hooked="json_hook", Frozen="plain",
)  # fmt: skip
RED = EnumMember(ClassRef("shop.Color"), "plain", "RED")


def instance(name):
    return known(Instance(ClassRef(f"shop.{name}")))


def listed(*items):
    return known(Sequence("list", UNKNOWN, items))


def entries(*pairs):
    return known(Mapping("dict", pairs))


def trips(value, name="celery-json", version=None, facts=FACTS):
    return judge(value, wire(name, version), facts)


def seen(value, name="celery-json", version=None, facts=FACTS):
    return [(t.path, t.row, t.outcome.kind) for t in trips(value, name, version, facts)]


# Quiet.


@pytest.mark.parametrize("name", wire_names())
@pytest.mark.parametrize(
    "thing", [None, True, 0, -1, 2**53, 1.5, 2.0, "", "é", [], {}, [1, ["a"], None], {"a": {"b": [1.5, {"c": None}]}}]
)
def test_json_values_travel_everywhere(name, thing):
    assert trips(value_of(thing), name) == []


@pytest.mark.parametrize("name", wire_names())
@pytest.mark.parametrize(
    "value",
    [
        UNKNOWN,
        NOTHING,
        known(Sequence("list", UNKNOWN)),
        known(Sequence("list", NOTHING)),
        known(Mapping("dict")),
        known(Mapping("dict", (), (UNKNOWN, UNKNOWN))),
        known(Mapping("dict", (), (plain("str"), UNKNOWN))),
        known(Mapping("dict", ((UNKNOWN, UNKNOWN),))),
        instance("Unheard"),
        instance("Odd"),
        known(External("uuid.uuid4")),
        known(Method(UNKNOWN, "year")),
        known(Plain("no such plain")),
        known(Sequence("no such sequence", UNKNOWN)),
        known(EnumMember(ClassRef("x.C"), "no such flavor")),
        known(FrameworkValue("celery", "app")),
        known(FrameworkValue("rq", "result")),
        plain("str"),
        plain("int"),
        plain("float"),
        plain("bool"),
        plain("none"),
    ],
    ids=str,
)
def test_what_is_not_known_is_quiet(name, value):
    assert trips(value, name) == []


@pytest.mark.parametrize("name", ["uuid", "decimal", "date", "time", "datetime", "datetime_naive", "datetime_aware", "bytes"])
@pytest.mark.parametrize("wire_name", ["celery-json", "rq-pickle", "taskiq-json-annotated", "activejob", "huey-immediate"])
def test_what_a_rich_wire_carries(name, wire_name):
    if (name, wire_name) == ("bytes", "taskiq-json-annotated"):
        return
    assert trips(plain(name), wire_name) == []


@pytest.mark.parametrize("thing", [(1, 2), {1, 2}, frozenset({1}), {1: 2}, {None: 1}, {(1, 2): 3}, [(1, {2: {3}})]])
@pytest.mark.parametrize("name", ["rq-pickle", "celery-pickle", "apscheduler-pickle", "huey-signed", "django-q2"])
def test_pickle_carries_containers(thing, name):
    assert trips(value_of(thing), name) == []


@pytest.mark.parametrize(
    "value",
    [
        instance("Order"),
        instance("Row"),
        instance("Money"),
        known(ClassObject(ClassRef("shop.Order"))),
        known(Function(FunctionRef("a.py", "f", 0))),
        known(Partial(known(Function(FunctionRef("a.py", "f", 0))), (plain("int"),), (("a", UNKNOWN),))),
        known(Function(FunctionRef("a.py", "C.f", 0), instance("Order"))),
        known(RED),
        plain("queryset"),
        plain("exception"),
    ],
    ids=str,
)
def test_pickle_carries_importable_things(value):
    assert trips(value, "rq-pickle") == []


def test_a_signature_is_no_loss_to_celery():
    assert trips(known(FrameworkValue("celery", "signature"))) == []
    assert seen(known(FrameworkValue("celery", "result"))) == [("", "async_result", "enqueue-error")]


def test_a_zone_that_becomes_an_offset_is_no_loss():
    assert trips(plain("datetime_aware")) == []
    assert trips(plain("datetime_aware"), "celery-yaml") == []
    assert seen(plain("datetime_aware"), "rq-json") == [("", "dt_utc", "enqueue-error")]


def test_str_keys_that_only_look_like_others_are_quiet():
    assert trips(value_of({"1": 1, "true": 2, "null": 3})) == []
    assert trips(value_of({"__type__": "x"})) == []
    assert trips(value_of({"__type__": "x", "__value__": 1, "more": 2})) == []
    assert trips(value_of({"__type__": "x", "__value__": 1}), "rq-json") == []
    assert trips(value_of({"__type__": "x", "__value__": 1}), version="5.2") == []


# What it says.


@pytest.mark.parametrize(
    ("value", "row"),
    [
        (plain("lambda"), "lambda"),
        (known(LocalFunction("inner", 1, "k")), "nested_func"),
        (known(LocalFunction("<lambda>", 1, "k")), "lambda"),
        (known(LocalFunction("", 1, "k")), "lambda"),
        (known(Function(FunctionRef("a.py", "f.<locals>.g", 0))), "nested_func"),
        (known(Partial(known(LocalFunction("<lambda>", 1, "k")))), "partial_lambda"),
        (known(ModuleKind(None, "json")), "module"),
        (known(Coroutine(plain("int"))), "coroutine"),
        (known(ClassObject(ClassRef("m.f.<locals>.C"))), "local_class"),
        (plain("generator"), "generator"),
        (plain("file"), "file"),
        (plain("tempfile"), "tempfile"),
        (plain("request"), "dj_request"),
        (plain("connection"), "db_connection"),
        (plain("redis_client"), "redis_client"),
        (plain("dict_items"), "dict_items"),
        (plain("traceback"), "traceback"),
    ],
)
@pytest.mark.parametrize("name", ["celery-json", "rq-pickle", "resque"])
def test_what_no_wire_carries(value, row, name):
    assert seen(value, name) == [("", row, "enqueue-error")]


def test_every_plain_kind_has_a_row():
    missing = {name for name in kinds.PLAIN_NAMES if not rows.rows_of(Plain(name), NoFacts())}
    assert missing == set()
    for name in kinds.PLAIN_NAMES:
        assert set(rows.rows_of(Plain(name), NoFacts())) <= set(row_names())


def test_every_row_that_is_named_exists():
    named = [rows._PLAIN, rows._MAPPINGS, rows._MEMBERS, rows._MEMBER_KEYS, rows._PLAIN_KEYS, rows._INSTANCE_KEYS]
    assert {row for table in named for group in table.values() for row in group} <= set(row_names())


@pytest.mark.parametrize(
    ("thing", "row"),
    [
        (2**53 + 1, "int_gt_2_53"),
        (2**64 - 1, "int_gt_2_53"),
        (2**64, "int_gt_2_64"),
        (-(2**63), "int_gt_2_53"),
        (-(2**63) - 1, "int_neg_big"),
        (math.nan, "nan"),
        (-math.inf, "inf"),
        (1e16, "float_1e16"),
        (1e15, "float_integral"),
        (0.1, "float"),
        ("a\x00", "str_nul"),
        ("\udc80\x00", "str_surrogate"),
        (b"abc", "bytes_utf8"),
        (b"\xff", "bytes_bin"),
        (True, "bool"),
        (None, "none"),
    ],
)
def test_rows_of_literals(thing, row):
    assert rows.rows_of(Literal(thing), NoFacts()) == (row,)


def test_places_inside():
    value = value_of({"widget": [1, {2}], "n": (3, {"k": {4}})})
    assert [(t.path, t.row) for t in trips(value)] == [
        ("['widget'][1]", "set"),
        ("['n']", "tuple"),
        ("['n'][1]['k']", "set"),
    ]


def test_places_that_have_no_name():
    value = known(Mapping("dict", (), (plain("int"), known(Sequence("list", value_of({1}))))))
    assert seen(value) == [("[<key>]", "dict_int", "changed"), ("[...][...]", "set", "enqueue-error")]


def test_a_set_of_bad_things_is_both():
    value = known(Sequence("set", instance("Order")))
    assert seen(value) == [("", "set", "enqueue-error"), ("[...]", "dataclass", "enqueue-error")]
    assert seen(known(Sequence("set", plain("lambda"))), "rq-pickle") == [("[...]", "lambda", "enqueue-error")]


def test_what_pickle_finds_inside():
    assert seen(known(Partial(UNKNOWN, (plain("lock"),))), "rq-pickle") == [("[...]", "lock", "enqueue-error")]
    bound = known(Function(FunctionRef("a.py", "C.f", 0), plain("lock")))
    assert seen(bound, "rq-pickle") == [("", "lock", "enqueue-error")]
    assert seen(bound, "rq-json") == [("", "bound_method", "enqueue-error")]


@pytest.mark.parametrize(
    ("key", "row", "kind"),
    [
        (1, "dict_int", "changed"),
        (1.5, "dict_float", "changed"),
        (True, "dict_bool", "changed"),
        (None, "dict_none", "changed"),
        (b"a", "dict_bytes", "enqueue-error"),
        ((1, 2), "dict_tuple", "enqueue-error"),
    ],
)
def test_keys(key, row, kind):
    (trip,) = trips(value_of({key: 1}))
    assert (trip.row, trip.outcome.kind, trip.is_key, trip.certain) == (row, kind, True, True)
    assert trip.outcome.becomes == (None if kind != "changed" else "a dict with str keys")


@pytest.mark.parametrize(
    ("key", "row", "kind"),
    [
        (known(RED), "dict_enum", "enqueue-error"),
        (known(EnumMember(ClassRef("m.I"), "int", "A")), "dict_intenum", "changed"),
        (known(EnumMember(ClassRef("m.S"), "str", "A")), "dict_strenum", "changed"),
        (plain("uuid"), "dict_uuid", "enqueue-error"),
        (plain("date"), "dict_date", "enqueue-error"),
        (plain("datetime"), "dict_datetime", "enqueue-error"),
        (plain("decimal"), "dict_decimal", "enqueue-error"),
        (instance("Row"), "dict_instance", "enqueue-error"),
        (instance("Point"), "dict_tuple", "enqueue-error"),
        (known(ClassObject(ClassRef("m.C"))), "dict_instance", "enqueue-error"),
    ],
)
def test_keys_that_are_no_literals(key, row, kind):
    assert [(t.row, t.outcome.kind, t.is_key) for t in trips(entries((key, UNKNOWN)))] == [(row, kind, True)]
    assert trips(entries((key, UNKNOWN)), "rq-pickle") == []


def test_key_paths():
    member = entries((known(RED), plain("int")))
    assert [t.path for t in trips(member)] == ["[Color.RED]"]
    assert [t.path for t in trips(entries((plain("uuid"), value_of({1}))))] == ["[<key>]", "[...]"]


def test_keys_that_collide():
    assert [(t.path, t.row) for t in trips(value_of({"1": "b", 1: "a"}))] == [
        ("[1]", "dict_collide"),
        ("[1]", "dict_int"),
    ]
    assert [t.row for t in trips(value_of({1: "a", "2": "b"}))] == ["dict_int"]
    assert [t.row for t in trips(entries((known(Literal("a")), UNKNOWN), (known(Literal("a")), UNKNOWN)))] == []
    assert [t.row for t in trips(value_of({True: 1, "true": 2}))] == ["dict_bool", "dict_collide"]
    assert trips(value_of({1: "a", "1": "b"}), "rq-pickle") == []


def test_kombus_own_marker():
    assert seen(value_of({"__type__": "x", "__value__": 1})) == [("", "dict_kombu", "worker-error")]
    assert seen(value_of([{"__value__": "", "__type__": "bytes"}])) == [("[0]", "dict_kombu2", "changed")]


@pytest.mark.parametrize(
    ("name", "row", "kind"),
    [
        ("Order", "dataclass", "enqueue-error"),
        ("Row", "dj_model", "enqueue-error"),
        ("Money", "pydantic", "enqueue-error"),
        ("Point", "namedtuple", "changed"),
        ("Name", "str_subclass", "changed"),
        ("Hooked", "json_hook", "changed"),
    ],
)
def test_instances_by_what_their_class_is(name, row, kind):
    assert seen(instance(name)) == [("", row, kind)]


def test_errors_name_the_users_class():
    (trip,) = trips(instance("Order"))
    assert trip.outcome.error == "EncodeError: Object of type Order is not JSON serializable"
    (trip,) = trips(known(RED))
    assert trip.outcome.error == "EncodeError: Object of type Color is not JSON serializable"
    (trip,) = trips(instance("Boom"), "rq-pickle")
    assert trip.outcome.kind == "worker-error"


def test_versions_are_heard():
    assert trips(plain("uuid")) == []
    assert seen(plain("uuid"), version="5.2") == [("", "uuid", "changed")]
    assert seen(plain("bytes"), version="4.4") == [("", "bytes_utf8", "enqueue-error")]


def test_names_and_origins():
    (trip,) = trips(known(RED, HERE))
    assert (trip.origin, trip.type_name, trip.kind) == (HERE, "`Color.RED` (an Enum member)", RED)
    (trip,) = trips(listed(known(Sequence("set", UNKNOWN), HERE)))
    assert (trip.origin, trip.type_name, trip.path) == (HERE, "a set", "[0]")


# How sure it is.


def certainty(value, name="celery-json"):
    return [(t.row, t.certain) for t in trips(value, name)]


def test_the_only_alternative_is_certain():
    assert certainty(known(Sequence("set", UNKNOWN))) == [("set", True)]
    assert certainty(listed(known(Sequence("set", UNKNOWN)))) == [("set", True)]


def test_one_of_others_is_not():
    one_of = join([known(Sequence("set", UNKNOWN)), plain("none")])
    assert certainty(one_of) == [("set", False)]
    assert certainty(known(Sequence("set", UNKNOWN)).opened()) == [("set", False)]
    assert certainty(listed(one_of)) == [("set", False)]
    assert certainty(listed(known(Sequence("set", UNKNOWN))).opened()) == [("set", False)]


def test_all_bad_is_certain():
    assert certainty(join([plain("timedelta"), plain("lambda")])) == [("timedelta", True), ("lambda", True)]


def test_an_error_beside_a_change_is_not_certain():
    mixed = join([plain("timedelta"), known(Sequence("tuple", UNKNOWN))])
    assert certainty(mixed) == [("timedelta", False), ("tuple", True)]


def test_an_alternative_that_may_be_fine_saves_the_other():
    inner = join([plain("timedelta"), plain("none")])
    assert certainty(join([listed(inner), plain("lambda")])) == [("timedelta", False), ("lambda", False)]


def test_keys_of_several_kinds():
    assert certainty(entries((join([plain("int"), plain("str")]), UNKNOWN))) == [("dict_int", False)]
    assert certainty(entries((join([plain("int"), plain("none")]), UNKNOWN))) == [
        ("dict_int", True),
        ("dict_none", True),
    ]
    assert certainty(entries((plain("int").opened(), UNKNOWN))) == [("dict_int", False)]


def test_kinds_that_may_be_several_rows_are_judged_by_the_best():
    assert trips(plain("exception"), "rq-pickle") == []
    assert seen(plain("uploaded_file"), "rq-pickle") == []
    assert seen(plain("record"), "celery-json") == [("", "dj_model", "enqueue-error")]
    assert seen(plain("bytes"), "taskiq-json") == [("", "bytes_utf8", "changed")]


# Bounds.


def test_deep_values_end():
    value = known(Sequence("set", UNKNOWN))
    for _ in range(500):
        value = known(Sequence("list", value))
    assert trips(value) == []


def test_many_trips_end():
    assert len(trips(listed(*[known(Sequence("set", UNKNOWN))] * 500))) == MOST_TRIPS


def test_the_same_is_said_once():
    both = Value((Alt(Sequence("list", value_of({1}))), Alt(Sequence("list", value_of({2})))))
    assert seen(both) == [("[...]", "set", "enqueue-error")]


def test_order_is_fixed():
    value = value_of({"a": {1}, "b": (1,), 3: {4: {5}}})
    assert trips(value) == trips(value)
    assert [t.path for t in trips(value)] == ["['a']", "['b']", "[3]", "[3][4]", "[3][4]"]
