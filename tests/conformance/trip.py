"""One half of the trip of all values under one configuration, in a process of its own.

    python trip.py CONFIGURATION enqueue FILE     sends them, and writes to FILE what came of each, or its token
    python trip.py CONFIGURATION work FILE        reads them back by their tokens and completes FILE

Run with the interpreter of the framework's environment; tools/conformance.py and test_conformance.py do that.
"""

import importlib
import json
import logging
import sys
import types
import warnings
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import kinds
from comparing import verdict, words
from configurations import CONFIGURATIONS


def box_of(name, phase):
    configuration = CONFIGURATIONS[name]
    make = importlib.import_module("boxes." + configuration.box).make
    return make(*configuration.how, enqueues=phase == "enqueue")


def build(key):
    """The value; None when its library is not installed."""
    try:
        return kinds.VALUES[key]()
    except ImportError:
        return None


def enqueue(box, key, value):
    try:
        token = box.enqueue(key, value)
    except BaseException as error:
        return ["error-at-enqueue", *words(error)]
    return verdict(value, box.received(token)) if box.inline else {"token": token}


def work(box, value, token):
    try:
        got = box.received(token)
    except BaseException as error:
        return ["error-in-worker", *words(error)]
    return verdict(value, got)


def each(told, box, phase):
    """(key, outcome) for every value that this half has to do with."""
    for key in kinds.VALUES:
        before = told.get(key)
        if phase == "work" and not isinstance(before, dict):
            if before is not None:
                yield key, before
            continue
        value = build(key)
        if value is None and key != "none":
            continue
        yield key, enqueue(box, key, value) if phase == "enqueue" else work(box, value, before["token"])
        if isinstance(value, types.CoroutineType):
            value.close()


def main(name, phase, path):
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    file = Path(path)
    told = json.loads(file.read_text()) if phase == "work" else {}
    if not CONFIGURATIONS[name].box.startswith("django"):
        from boxes.settings import configure

        configure(migrates=phase == "enqueue")
    box = box_of(name, phase)
    file.write_text(json.dumps(dict(each(told, box, phase))))


if __name__ == "__main__":
    main(*sys.argv[1:])
