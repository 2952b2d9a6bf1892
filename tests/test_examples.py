"""examples/shop: what jobcheck says of it, that its warehouse runs and fails where jobcheck says so, its counter rehearsed."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parent.parent
SHOP = REPOSITORY / "examples" / "shop"

# Of the thousand seeds that the counter is good for (docs/runtime.md). Each play that is weak falls among the first ten.
SEEDS = 50

FINDINGS = [
    ("counter/jobs.py", "JOB401", "outside.charge(order_id, cents)"),
    ("counter/jobs.py", "JOB302", "sales[order_id] = sku, pieces"),
    ("orders/reports.py", "JOB407", "paths = group(invoice_pdf.s(pk) for pk in ids)().get()"),
    ("orders/tasks.py", "JOB404", "raise self.retry()"),
    ("orders/tasks.py", "JOB403", "@shared_task(autoretry_for=(Exception,), retry_backoff=True, max_retries=None)"),
    ("orders/views.py", "JOB101", "reserve.delay(order.pk, skus)"),
    ("orders/views.py", "JOB101", "send_receipt.delay(order)"),
    ("orders/views.py", "JOB201", "refund.delay(order.pk)"),
    ("orders/views.py", "JOB203", "send_receipt.delay(order.pk, countdown=60)"),
    ("orders/views.py", "JOB210", 'chain(pack.s(order.pk), ship_parcel.s("express"))'),
    ("orders/views.py", "JOB205", "push_to_accounting.apply_async((str(order.pk)))"),
    ("shop/settings.py", "JOB606", '"schedule": crontab(hour=3),'),
    ("warehouse/counting.py", "JOB202", "print_labels.perform_later(sku, copies=2)"),
    ("warehouse/counting.py", "JOB104", "Restock.perform_later(sku, {Size.LARGE: 10})"),
]


def run(*command: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run Python with a command line."""
    return subprocess.run([sys.executable, *command], cwd=cwd, capture_output=True, text=True, check=False)


def line_of(finding: dict[str, object]) -> str:
    """The source line at which a finding stands."""
    row = finding["location"]["row"]  # type: ignore[index]
    return Path(str(finding["filename"])).read_text(encoding="utf-8").splitlines()[row - 1].strip()


def test_findings(monkeypatch: pytest.MonkeyPatch) -> None:
    # From the root of the repository, whose own configuration leaves the examples out.
    monkeypatch.chdir(REPOSITORY)
    done = run("-m", "jobcheck", "examples/shop", "--format", "json", cwd=REPOSITORY)
    assert done.returncode == 1, done.stderr
    found = [(f["filename"].removeprefix("examples/shop/"), f["code"], line_of(f)) for f in json.loads(done.stdout)]
    assert found == FINDINGS


def test_the_repository_leaves_the_examples_out() -> None:
    done = run("-m", "jobcheck", "--show-files", cwd=REPOSITORY)
    assert done.returncode == 0
    assert "jobcheck/cli.py" in done.stdout
    assert "examples/" not in done.stdout


def test_the_warehouse_runs() -> None:
    done = run("-m", "warehouse.demo", cwd=SHOP)
    assert done.returncode == 0, done.stderr
    assert "3 jobs were performed\nlarge hats: 30" in done.stdout


@pytest.mark.parametrize(
    ("call", "error"),
    [
        ("counting.labels_by_name('hat')", "KeywordArgumentsError"),
        ("counting.order_more('hat'); queue.drain()", "AttributeError: 'str' object has no attribute 'name'"),
    ],
)
def test_what_is_wrong_in_the_warehouse_fails(call: str, error: str) -> None:
    imports = "from jobcheck.runtime import configure; from warehouse import counting"
    done = run("-c", f"{imports}; queue = configure(adapter='test'); {call}", cwd=SHOP)
    assert done.returncode == 1
    assert error in done.stderr.splitlines()[-1]


def rehearse(play: str) -> str:
    """What the rehearsal of a play of the counter says; "" when nothing."""
    code = f"from counter.rehearsal import *; perform({play!r}, seeds={SEEDS})"
    done = run("-c", code, cwd=SHOP)
    return "" if done.returncode == 0 else done.stderr


@pytest.mark.parametrize(
    ("play", "schedule", "shown"),
    [
        ("double charge", "play 1a+ 1a", "[{'order_id': 7, 'cents': 1200}, {'order_id': 7, 'cents': 1200}]"),
        ("stale mail", "play play play 1a 2a", "worker a: counter.outside.mail('ann@example.com', 'Your order is on its way.')"),
        ("lost module state", "play 1a", "'hat: 0 sold today'"),
        ("vanished record", "play play 1a", "job 1 fails with OrderGone(7)"),
    ],
)
def test_the_rehearsal_finds_what_is_weak(play: str, schedule: str, shown: str) -> None:
    said = rehearse(play)
    assert f"schedule='{schedule}')" in said
    assert shown in said


def test_the_rehearsal_finds_nothing_in_the_careful_twins() -> None:
    assert not rehearse("careful day")
