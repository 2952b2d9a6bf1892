"""
## What it finds
A function that is enqueued and that no worker can import: a lambda, a function inside another one, or one of the script
that is being run (`if __name__ == "__main__":`).

## Why it matters
RQ sends the name of a function and not its code: `shop.orders.<lambda>`, `shop.orders.submit.<locals>.ship`. The worker
looks the name up in the module and fails with `ValueError: Invalid attribute name`; the job ends among the failed ones.
A function of the script has the module `__main__`, which is another one in the worker: `enqueue` raises ValueError.

## Example
```python
def submit(order_id):
    def ship():
        courier.send(order_id)

    queue.enqueue(ship)
```

## Use instead
```python
def ship(order_id):
    courier.send(order_id)


def submit(order_id):
    queue.enqueue(ship, order_id)
```

## How to fix
Put the function at the top level of a module, and pass it what it took from around it. In a script, import it from there.

## Options
None.

## Known limits
RQ, django-rq and django-q2. Quiet for a nested function that is decorated (`functools.wraps` gives it the name of another), and
in a module that sets names of functions or global names by hand.
"""

from __future__ import annotations

from collections.abc import Iterator

from jobcheck.registry import Enqueue
from jobcheck.rules.base import Context, FindingBuilder, Rule, Severity

_WHY = {
    "lambda": "a lambda is enqueued: it has no name that a worker could import, and the run fails",
    "nested": "a function inside another one is enqueued: no worker can import it, and the run fails",
    "main": "a function of the script itself is enqueued: it belongs to `__main__`, which no worker can import",
}


class UnimportableJob(Rule):
    """JOB604."""

    code = "JOB604"
    severity = Severity.ERROR
    subject = Enqueue

    def check(self, enqueue: Enqueue, context: Context) -> Iterator[FindingBuilder]:
        if not enqueue.unimportable or enqueue.in_test:
            return
        yield context.finding(
            self,
            enqueue.innermost.unit.origin(enqueue.innermost.call),
            _WHY[enqueue.unimportable],
            framework=enqueue.framework,
            subject=f"{enqueue.form} {enqueue.unimportable}",
            how_to_fix="Enqueue a function of a module, and pass it what it needs.",
        )
