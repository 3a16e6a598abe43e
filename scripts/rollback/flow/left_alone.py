"""What a rollback does not move, from the findings of its plan."""

from __future__ import annotations

from collections.abc import Iterator

from rollback.contracts import LEFT_ALONE
from rollback.model import Finding, Plan
from rollback.text import clean


def findings(plan: Plan) -> list[Finding]:
    """List what stays on another release (warnings), then what misses nothing (notes)."""
    rows = [finding for finding in plan.findings if finding.code == LEFT_ALONE]
    return sorted(rows, key=lambda finding: finding.level != "warning")


def items(plan: Plan) -> Iterator[str]:
    """Return a line each: part, release, reason, and the setting that moves it."""
    yield from map(line, findings(plan))


def line(finding: Finding) -> str:
    message = clean(finding.message, 200)
    return f"{message}; to change that: {clean(finding.fix, 160)}" if finding.fix else message


def stays(plan: Plan) -> Iterator[str]:
    """Return what stays on another release, without the reason: "db stays on postgres:17"."""
    for finding in findings(plan):
        if finding.level == "warning":
            yield clean(finding.message.partition(": ")[0], 100)
