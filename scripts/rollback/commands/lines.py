"""Lines that several answers share: a finding, and health."""

from __future__ import annotations

from collections.abc import Iterator

from rollback.flow.labels import few
from rollback.model import Check, Finding, HealthReport
from rollback.text import clean

FEW = 4  # rows of a kind before the rest is counted


def finding(value: Finding) -> str:
    fix = f" - fix: {clean(value.fix, 220)}" if value.fix else ""
    return f"{value.level} {value.code}: {clean(value.message, 260)}{fix}"


def health(report: HealthReport) -> Iterator[str]:
    """Return one line per phase: the unhealthy checks, else all of them."""
    if not report.checks:
        yield f"health: {report.verdict}"
    for phase in dict.fromkeys(check.phase for check in report.checks):
        checks = [check for check in report.checks if check.phase == phase]
        bad = [check for check in checks if check.verdict != "healthy"]
        details = "; ".join(few([_check(check) for check in bad or checks], FEW))
        yield f"health {phase}: {len(checks) - len(bad)} of {len(checks)} healthy - {details}"


def _check(check: Check) -> str:
    detail = f": {clean(check.detail, 80)}" if check.detail else ""
    return f"{clean(check.name, 50)} {check.verdict}{detail}"
