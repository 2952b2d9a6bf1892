"""What the linter says of jobs of the reference API is what the runtime does with them."""

import importlib.util
import json
import subprocess
import sys

import pytest

from jobcheck.frameworks.options import _REFERENCE_DECLARED
from jobcheck.runtime import functions
from jobcheck.runtime.options import NAMES

JOBS = """
import os
from jobcheck.runtime import Job, job

class Base(Job):
    queue_name_prefix = "shop"

class Plain(Job):
    queue_as = "plain"
    def perform(self): ...

class Prefixed(Base):
    queue_as = "billing"
    def perform(self): ...

class Delimited(Base):
    queue_name_delimiter = "."
    queue_as = "billing"
    def perform(self): ...

class Without(Base):
    queue_name_prefix = None
    queue_as = "billing"
    def perform(self): ...

class Unknown(Base):
    queue_name_prefix = os.environ.get("NOBODY_SAYS", "x")
    queue_as = "billing"
    def perform(self): ...

@job(queue_as="mail", queue_name_prefix="p")
def mail(): ...
"""


@pytest.fixture(scope="module")
def queues(tmp_path_factory):
    """The queue of each job: (what the linter says, what the runtime uses)."""
    folder = tmp_path_factory.mktemp("reference")
    (folder / "jobs.py").write_text(JOBS)
    spec = importlib.util.spec_from_file_location("reference_facts_jobs", folder / "jobs.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    command = [sys.executable, "-m", "jobcheck", "jobs", "--format", "json"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    said = {row["name"].rpartition(".")[2]: row["queue"] for row in json.loads(done.stdout)}
    return {name: (queue, getattr(module, name)().queue_name) for name, queue in said.items()}


@pytest.mark.parametrize("name", ["Plain", "Prefixed", "Delimited", "Without", "mail"])
def test_the_queue(queues, name):
    said, used = queues[name]
    assert said == used


def test_a_prefix_that_cannot_be_read(queues):
    assert queues["Unknown"] == (None, "x_billing")


def test_the_options_of_the_decorator():
    assert _REFERENCE_DECLARED == functions._OPTIONS


def test_the_options_of_set():
    assert set(NAMES) == {"wait", "wait_until", "queue", "priority"}
