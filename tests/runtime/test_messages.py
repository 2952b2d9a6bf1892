"""Messages that cannot be read: the error says which job, and nothing else is lost."""

import json
import logging

import pytest

from jobcheck.runtime import (
    DeserializationError,
    Job,
    PayloadError,
    SerializationError,
    UnknownJobClassError,
    configure,
    execute,
    retry_on,
    to_text,
)
from jobcheck.runtime.payload import dump, load


class Add(Job):
    def perform(self, a, b):
        return a + b


@pytest.fixture
def data():
    return dump(Add(1, 2))


class TestText:
    @pytest.mark.parametrize("form", [str, str.encode, lambda text: bytearray(text.encode())])
    def test_there_and_back(self, data, form):
        assert execute(form(to_text(data))) == 3

    def test_any_json_library_will_do(self, data):
        assert execute(json.dumps(data, indent=1, sort_keys=True)) == 3


class TestNoJson:
    def test_what_can_be_told_of_the_job_is_told(self, data):
        with pytest.raises(PayloadError, match=rf"{__name__}\.Add \(Job ID: {data['job_id']}\) is no JSON"):
            execute(to_text(data)[:-5])

    @pytest.mark.parametrize("text", ["", "not json", b"\xff\xfe\x00", "[" * 100_000, "{'job_class': 'x'}"])
    def test_nothing_can_be_told(self, text):
        with pytest.raises(PayloadError, match="an unknown job"):
            execute(text)

    def test_the_text_is_cut(self):
        with pytest.raises(PayloadError) as caught:
            execute("x" * 10_000)
        assert len(str(caught.value)) < 400


@pytest.mark.parametrize("message", ["[]", "null", "7", [], None, 7])
def test_no_object(message):
    with pytest.raises(PayloadError, match="a message is a JSON object"):
        execute(message)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("job_class", None),
        ("arguments", {}),
        ("arguments", None),
        ("executions", "2"),
        ("executions", True),
        ("version", True),
        ("version", "2"),
        ("priority", "high"),
        ("enqueued_at", "soon"),
        ("scheduled_at", 7),
        ("locale", 7),
        ("provider_job_id", [1]),
    ],
)
def test_a_key_that_is_wrong_or_missing(data, key, value):
    with pytest.raises(PayloadError, match=f"{key!r}") as caught:
        execute({**data, key: value})
    assert data["job_id"] in str(caught.value)


@pytest.mark.parametrize("name", ["", ".", ".x", "a..b", "a\0b.c", "a b.c", "os.path", "os.path.join", "1.2"])
def test_a_name_that_is_none(data, name):
    with pytest.raises(UnknownJobClassError):
        execute({**data, "job_class": name})


def test_a_key_that_may_be_missing(data):
    small = {key: data[key] for key in ("job_class", "job_id", "arguments")}
    assert execute(small) == 3
    assert load(small).queue_name == "default"


class Rich(Job):
    wire = "activejob"

    def perform(self, value): ...


NOT_SENT = [
    (Add, [float("nan"), 1], r"args\[0\]: JSON has no nan"),
    (Add, [1, {"a": {"_aj_serialized": "date", "value": "2026-01-31"}}], "a mark of the activejob wire"),
    (Add, [1, {"b": 2, "_aj_keywords": ["b"]}], "a mark of the activejob wire"),
    (Rich, [{"_aj_serialized": "date", "value": "soon"}], "soon"),
    (Rich, [{"_aj_serialized": "date"}], "value"),
    (Rich, [{"_aj_globalid": "gid://app/Nowhere/1"}], "gid://app/Nowhere/1"),
    (Rich, [float("inf")], "JSON has no inf"),
]


@pytest.mark.parametrize(("cls", "arguments", "said"), NOT_SENT)
@pytest.mark.parametrize("form", [dict, to_text])
def test_arguments_that_no_enqueue_sends(cls, arguments, said, form):
    """NaN, and what was written while the job had another wire: the run says so, and whose they are."""
    data = {**dump(cls(*[1] * (2 if cls is Add else 1))), "arguments": arguments}
    with pytest.raises(DeserializationError, match=said) as caught:
        execute(form(data))
    assert f"({__name__}.{cls.__name__}, Job ID: {data['job_id']})" in str(caught.value)


def test_strict_does_not_send_the_marks_of_another_wire():
    with pytest.raises(SerializationError, match=r"args\[0\], key '_aj_serialized'"):
        Add.perform_later({"_aj_serialized": "date"}, 1)


def test_lax_reads_nan(lax, data):
    assert str(execute({**data, "arguments": [float("nan"), 1]})) == "nan"


@pytest.mark.parametrize("text", ["1 / 0", "raise SystemExit(3)", "import nowhere_at_all", "def"])
def test_a_module_that_cannot_be_imported(data, text, tmp_path, monkeypatch):
    """It is no job here, as one that is gone; and SystemExit ends no worker."""
    monkeypatch.syspath_prepend(tmp_path)
    name = f"broken_{len(text)}"
    (tmp_path / f"{name}.py").write_text(text)
    with pytest.raises(UnknownJobClassError, match=rf"{name}\.Gone` \(Job ID: {data['job_id']}\)"):
        execute({**data, "job_class": f"{name}.Gone"})


class TestVersions:
    def test_a_later_one_is_not_touched(self, data):
        with pytest.raises(PayloadError, match=rf"Add \(Job ID: {data['job_id']}\) was written in version 2"):
            execute({**data, "version": 2})

    def test_a_key_of_a_later_release_comes_along_on_a_retry(self, adapter):
        @retry_on(KeyError)
        class Fails(Job):
            def perform(self):
                raise KeyError

        execute({**dump(Fails()), "batch": "b-7"})
        (again,) = adapter.enqueued_jobs
        assert (again.data["batch"], again.data["executions"]) == ("b-7", 1)

    def test_a_serializer_of_a_later_release(self):
        class Reads(Job):
            wire = "activejob"

            def perform(self, value): ...

        data = dump(Reads(1))
        data["arguments"] = [{"_aj_serialized": "money", "value": 1}]
        with pytest.raises(DeserializationError, match="money"):
            execute(data)


def test_an_unknown_class_says_which_job(data):
    with pytest.raises(UnknownJobClassError, match=data["job_id"]):
        execute({**data, "job_class": "shop.jobs.Gone"})


BAD = [
    {"job_class": "shop.jobs.Gone"}, {"job_class": "exits_when_imported.Gone"}, {"version": 9}, {"arguments": None},
    {"arguments": {"a": 1}}, {"arguments": [float("nan"), 1]}, {"arguments": [{"_aj_serialized": "date"}, 1]}, {"arguments": [1]},
]  # fmt: skip


@pytest.mark.parametrize("bad", BAD)
def test_the_async_adapter_goes_on(data, bad, caplog, tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "exits_when_imported.py").write_text("raise SystemExit")
    queue = configure(adapter="async", threads=1)
    ran = []

    class Note(Job):
        def perform(self):
            ran.append(1)

    with caplog.at_level(logging.ERROR, "jobcheck.runtime"):
        queue.enqueue({**data, **bad})
        Note.perform_later()
        assert queue.wait(10)
    assert ran == [1]
    assert data["job_id"] in caplog.text


def test_the_test_adapter_keeps_the_others(data, adapter):
    adapter.enqueue({**data, "job_class": "shop.jobs.Gone"})
    adapter.enqueue(data)
    with pytest.raises(UnknownJobClassError):
        adapter.perform_enqueued_jobs()
    assert adapter.perform_enqueued_jobs() == 1
