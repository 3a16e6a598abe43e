"""The answer of health.py: one look at an environment, or at what a run moved."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from msgspec import to_builtins

from rollback.commands.answer import Answer
from rollback.flow import health
from rollback.model import HealthReport
from rollback.text import clean

EXITS = {"healthy": 0, "unhealthy": 7, "unknown": 11}
HELP = {
    0: "every check passes",
    3: "nothing is deployed",
    7: "a health check fails",
    11: "no health check could run",
    12: "the platform cannot be read",
}


def answer(root: Path, environment: str | None, run: str | None) -> Answer:
    """Check health now. Raises what reading the history raises."""
    report = health.of_run(root, run) if run else health.of_environment(root, environment)
    lines = [f"health: {report.verdict}", *_checks(report)]
    return Answer(to_builtins(report), lines, EXITS[report.verdict])


def _checks(report: HealthReport) -> Iterator[str]:
    for check in report.checks:
        detail = f": {clean(check.detail, 160)}" if check.detail else ""
        yield f"  {clean(check.name, 120)}  {check.verdict}{detail}"
