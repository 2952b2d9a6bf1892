"""A stand-in for the engine: every `.delay(user)` is a JOB101, every `def` in a tasks.py a job, every `BUG` a crash."""

import re
import sys
import time
import types

from jobcheck.engine_types import JobRow, Report
from jobcheck.files import find_files
from jobcheck.findings import Confidence, FindingBuilder, Place, Severity


def _place(filename, data, match):
    before = data[: match.start(1)].decode()
    row = before.count("\n") + 1
    column = len(before.rpartition("\n")[2]) + 1
    width = len(match[1].decode())
    return Place(filename, row, column, row, column + width)


def check(options):
    names = sorted({*find_files(options.root, options.settings.exclude).python, *options.overlay})
    data = {name: options.overlay.get(name) or (options.root / name).read_bytes() for name in names}
    report = Report(files=len(names), filenames=tuple(names), sources=data.get, whole_project=options.whole)
    calls = []
    for name, content in data.items():
        if b"BUG" in content:
            raise ValueError("boom")
        if b"INTERRUPT" in content:
            raise KeyboardInterrupt
        if b"SLOW" in content and options.progress:
            time.sleep(1.1)
            options.progress("reading files", 1, 2)
        calls += [_place(name, content, m) for m in re.finditer(rb"\.delay\((user)\)", content)]
        if name.endswith("tasks.py"):
            for match in re.finditer(rb"^def (\w+)", content, re.M):
                report.registry.append(JobRow(match[1].decode(), "Celery", _place(name, content, match), "mail", "3"))
    report.jobs = len(report.registry)
    report.enqueues = len(calls)
    report.frameworks = ("Celery",) if report.jobs else ()
    report.registry = [JobRow(*_fields(row), enqueued_by=tuple(calls), signature="(user)") for row in report.registry]
    report.findings = [_finding(place, report.registry) for place in calls]
    return report


def _fields(row):
    return row.name, row.framework, row.place, row.queue, row.retries, row.idempotency


def _finding(place, jobs):
    builder = FindingBuilder(
        code="JOB101",
        name="unserializable-argument",
        severity=Severity.ERROR,
        confidence=Confidence.HIGH,
        message="`user` is a User record, which json cannot carry",
        place=place,
        what_happens="kombu raises EncodeError in the caller",
        how_to_fix="pass `user.pk` and fetch the record in the job",
        framework="celery",
        job="welcome",
    )
    for job in jobs:
        builder.relate(job.place, "the job takes it here")
    return builder.build()


def install():
    module = types.ModuleType("jobcheck.engine")
    module.check = check
    sys.modules["jobcheck.engine"] = module


if __name__ == "__main__":
    install()
    from jobcheck.cli import main

    main()
