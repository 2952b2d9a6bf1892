"""
## What it finds
An argument that only means something on the host that enqueues: the path of a temporary file or folder (`tempfile`,
`/tmp/...`), of an upload that lies on this host's disk, and the process id where the job uses it as one.

## Why it matters
The queue does not say who performs a job. On one machine everything works; with a second worker host, or with web and worker
in containers of their own, the path is not there, or it is another file of the same name: FileNotFoundError in one run of
two, and a retry that lands elsewhere makes it come and go. Temporary folders are also emptied at restarts, and
messages outlive those.

## Example
```python
fd, path = tempfile.mkstemp(suffix=".csv")
write_rows(fd, rows)
import_rows.delay(path)
```

## Use instead
```python
key = default_storage.save("imports/rows.csv", ContentFile(as_csv(rows)))
import_rows.delay(key)
```

## How to fix
Put the file where all hosts can read it (object storage, a shared volume, a row) and pass the key; let the job delete it. A
folder that all hosts share is said by `dir=`, and is then taken for one.

## Options
None.

## Known limits
Whether web and workers share a disk nobody can see: temporary files that are given a `dir=`, paths that come from settings and
uploads that are stored (`instance.file.path`) are left alone, as are paths that the job only writes to, or only removes where
there is a file. An open file or a socket cannot be sent at all: see JOB101.
"""

from __future__ import annotations

from collections.abc import Iterator

from jobcheck.registry import Argument, Message
from jobcheck.rules.arguments import trips, whereabouts
from jobcheck.rules.base import Confidence, Context, FindingBuilder, Rule, Severity
from jobcheck.rules.state import lifetimes, removals
from jobcheck.solve.kinds import External

# What a process id is given to where it is meant as one.
_PROCESSES = frozenset({"os.kill", "os.getpgid", "os.waitpid", "psutil.Process", "psutil.pid_exists"})


class HostBoundArgument(Rule):
    """JOB108."""

    code = "JOB108"
    severity = Severity.WARNING
    subject = Message
    slow = 1
    yields_to = ("JOB101", "JOB308")

    def check(self, message: Message, context: Context) -> Iterator[FindingBuilder]:
        enqueue = message.enqueue
        if enqueue.immediate or enqueue.in_test or not message.job.apart or message.job.same_host:
            return
        for argument, parameter, path in trips.placed(message):
            own = parameter or (message.job.signature.vararg if message.job.signature is not None else None) or ""
            spared = lifetimes.writes(message.job, own, context) or removals.only_removes(message.job, own, context)
            found = None if spared else self.path(argument, message, path, context)
            found = found or self.process(argument, parameter, message, context)
            if found is not None:
                context.relate_enqueue(found, enqueue)
                yield found

    def path(self, argument: Argument, message: Message, path: str, context: Context) -> FindingBuilder | None:
        """The finding about a path of this host."""
        for node, env in whereabouts.items(argument, message.enqueue, context):
            local = whereabouts.of(node, env, context)
            if local is None or local.placed:
                continue
            builder = context.finding(
                self, argument.origin,
                f"`{message.job.label}` is given the path of {local.what} as `{path}`, "
                "which a worker on another host does not have",
                job=message.job, confidence=min(message.confidence, Confidence.MEDIUM), subject=path,
                what_happens="On another host the file is missing, or it is another one.",
                how_to_fix="Put it where every worker can read it (a storage, a shared volume) and pass the key.",
            )  # fmt: skip
            trips.relate(builder, local.env.unit.origin(local.node), argument.origin, "it", context)
            return builder
        return None

    def process(self, argument: Argument, parameter: str | None, message: Message, context: Context) -> FindingBuilder | None:
        """The finding about a process id that the job takes for one of its own host."""
        if parameter is None or not _is_process_id(argument, message, context):
            return None
        for use in context.uses(message.job, parameter).of(()):
            if use.how == "argument" and use.name in _PROCESSES:
                builder = context.finding(
                    self, argument.origin,
                    f"`{message.job.label}` is given this process's id as `{parameter}`: "
                    "on the worker's host that is another process",
                    job=message.job, confidence=message.confidence, subject=parameter,
                    what_happens=f"The job calls `{use.name}` for whatever has that id there.",
                    how_to_fix="Pass the host's name too and route the job to it, or ask the process in another way.",
                )  # fmt: skip
                return builder.relate(context.place(use.origin), "it is used here")
        return None


def _is_process_id(argument: Argument, message: Message, context: Context) -> bool:
    for node, env in whereabouts.items(argument, message.enqueue, context):
        source = context.solver.sources.of(node, env)
        func = getattr(source.node, "func", None)
        if func is not None and context.solver.value(func, source.env).only == External("os.getpid"):
            return True
    return False
