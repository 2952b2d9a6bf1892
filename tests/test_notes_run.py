"""The notes' examples are code that runs: each bad form fails on the reference runtime, each good one does not."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from types import ModuleType

import pytest

from jobcheck.runtime import Job, KeywordArgumentsError, SerializationError, configure

SOURCE = Path(__file__).parent / "fixtures" / "reference" / "notes" / "widgets.py"


@pytest.fixture
def notes() -> ModuleType:
    spec = importlib.util.spec_from_file_location("widgets_of_the_notes", SOURCE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.Widget.store[7] = "knob"
    configure(adapter="test")
    return module


def test_a_record_is_refused(notes: ModuleType) -> None:
    widget = notes.Widget.find(7)
    for argument in (widget, [widget], {"widget": widget}):
        with pytest.raises(SerializationError, match="Widget"):
            notes.PublishWidget.perform_later(argument)


def test_an_enum_key_is_refused(notes: ModuleType) -> None:
    with pytest.raises(SerializationError):
        notes.PublishWidget.perform_later(7, {notes.Option.LIVE: True})


def test_an_int_key_is_not_there_any_more(notes: ModuleType) -> None:
    with pytest.raises(KeyError):
        notes.CountWidgets().perform(json.loads(json.dumps({1: 5})))
    configure(adapter="inline")
    with pytest.raises(KeyError):
        notes.CountWidgets.perform_later({1: 5})


def test_keyword_arguments_are_refused(notes: ModuleType) -> None:
    with pytest.raises(KeywordArgumentsError):
        notes.RenameWidget.perform_later(7, name="knob")
    with pytest.raises(KeywordArgumentsError):
        notes.PublishWidget.perform_later(widget_id=7)


def test_the_good_forms_run(notes: ModuleType) -> None:
    notes.good(7)
    assert issubclass(notes.PublishWidget, Job)
