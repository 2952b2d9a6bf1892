"""One half of the trip of all values under one configuration, in a process of its own.

    python trip.py CONFIGURATION enqueue FILE     sends them, and writes to FILE what came of each, or its token
    python trip.py CONFIGURATION work FILE        reads them back by their tokens and completes FILE
    python trip.py                                does it for each line of its input, {"arguments": [the three above],
                                                  "environment": {}, "said": FILE}, and answers with the exit code

Run with the interpreter of the framework's environment; tools/conformance.py and test_conformance.py do that. Importing
what values are made of takes ten times as long as sending them, so the last form forks each half off one that has.
"""

import importlib
import json
import logging
import os
import sys
import traceback
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


def serve():
    for line in sys.stdin:
        asked = json.loads(line)
        child = os.fork()
        if child == 0:
            perform(**asked)
        _, status = os.waitpid(child, 0)
        print(status, flush=True)


def perform(arguments, environment, said):
    """All of a forked process's life."""
    code = 1
    try:
        output = os.open(said, os.O_WRONLY | os.O_CREAT)
        os.dup2(output, 1)
        os.dup2(output, 2)
        os.environ.update(environment)
        os.chdir(environment["CONFORMANCE_FOLDER"])
        main(*arguments)
        code = 0
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    main(*sys.argv[1:]) if sys.argv[1:] else serve()
