"""Whatever is in a message: it is read, or refused with an error that says so."""

from hypothesis import given, settings
from hypothesis import strategies as st

from jobcheck.runtime import DeserializationError, Job, PayloadError, UnknownJobClassError
from jobcheck.runtime.execution import read_arguments
from jobcheck.runtime.payload import dump, load


class Take(Job):
    wire = "activejob"

    def perform(self, *args, **kwargs): ...


TAGS = ["date", "datetime", "time", "timedelta", "Decimal", "UUID", "bytes", "set", "tuple", "Enum", "dataclass", "os.path"]
WORDS = ["gid://app/Order/1", "gid://django/a.B/1", "gid://sqlalchemy/a.B/1", "gid://x", "2026-01-31", "99:99", "os.path"]
LEAVES = st.integers() | st.booleans() | st.floats() | st.text(max_size=9) | st.sampled_from([*WORDS, "", "a..b"])
KEYS = st.sampled_from([*"_aj_serialized _aj_globalid _aj_keywords value class name fields zone flags x".split()])


def containers(inner):
    tagged = st.builds(lambda tag, rest: {**rest, "_aj_serialized": tag}, st.sampled_from(TAGS), st.dictionaries(KEYS, inner))
    return st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3) | tagged


JSON = st.recursive(LEAVES, containers, max_leaves=10)


@settings(deadline=None, max_examples=300)
@given(changes=st.dictionaries(st.sampled_from([*dump(Take())]), LEAVES | JSON, min_size=1, max_size=2))
def test_any_message(changes):
    try:
        load({**dump(Take(1)), **changes})
    except (PayloadError, UnknownJobClassError):
        return


@settings(deadline=None, max_examples=200)
@given(text=st.text() | st.binary() | JSON)
def test_any_text(text):
    try:
        load(text)
    except (PayloadError, UnknownJobClassError):
        return


@settings(deadline=None, max_examples=500)
@given(arguments=st.lists(JSON, max_size=3))
def test_any_arguments(arguments):
    job = load({**dump(Take()), "arguments": arguments})
    try:
        read_arguments(job)
    except DeserializationError:
        return
    assert isinstance(job.args, tuple)
    assert isinstance(job.kwargs, dict)
