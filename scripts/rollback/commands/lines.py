"""Lines that several answers share: findings, and health."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from rollback.flow import labels
from rollback.model import Check, Finding, HealthReport
from rollback.screen import BREAK
from rollback.text import clean

FEW = 4  # rows of a kind before the rest is counted


def finding(value: Finding) -> str:
    fix = f" - fix: {clean(value.fix, 220)}" if value.fix else ""
    return f"{value.level} {value.code}: {clean(value.message, 260)}{fix}"


def findings(values: Sequence[Finding], limit: int) -> Iterator[str]:
    """Return a block per level: blockers first, notes last."""
    for _, rows in groupby(values[:limit], key=lambda value: value.level):
        yield BREAK
        yield from map(finding, rows)
    if len(values) > limit:
        yield f"and {len(values) - limit} more"


def health(title: str, report: HealthReport) -> str:
    """Return one line: the verdict, and the checks that are not healthy, else all of them."""
    return f"{title}: {_counted(report)}{labels.checks(report.checks, FEW)}"


def compared(report: HealthReport) -> str:
    """Return one line about a run: the checks after it, and how many passed before it."""
    earlier = [check for check in report.checks if check.phase == "before"]
    last = latest(report)
    before = f", before the rollback {_passing(earlier)}" if earlier and last.checks else ""
    return f"health: {_counted(last)}{before}{labels.checks(last.checks, FEW)}"


def latest(report: HealthReport) -> HealthReport:
    """Return the report without the checks before the run."""
    checks = tuple(check for check in report.checks if check.phase != "before")
    return HealthReport(report.verdict, checks)


def _counted(report: HealthReport) -> str:
    """Return "1 of 1 healthy"; the verdict is named where the count does not imply it."""
    counted = f"{_passing(report.checks)} healthy" if report.checks else ""
    verdict = "" if counted and report.verdict == "healthy" else report.verdict
    return ", ".join(filter(None, (verdict, counted)))


def _passing(checks: Sequence[Check]) -> str:
    good = sum(check.verdict == "healthy" for check in checks)
    return f"{good} of {len(checks)}"
