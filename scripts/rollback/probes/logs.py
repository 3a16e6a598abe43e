"""Judge what was logged: lines that match a pattern, per minute, compared with before."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rollback.model import Check, HealthReport, Verdict
from rollback.settings.model import LogCheck

BEFORE = 300  # seconds that are looked back at before the change
ENOUGH = 15.0  # seconds after it: a shorter time tells nothing
_LONGEST = 4000  # characters of a line that are looked at
_RATE = re.compile(r"([0-9]+\.[0-9]) a minute")


def name(index: int) -> str:
    """Return the name of a place's check, the same before and after; `index` from 0."""
    return "logs" if index == 0 else f"logs {index + 1}"


def rate(settings: LogCheck, lines: Sequence[str], seconds: float) -> float:
    """Return the matching lines per minute."""
    pattern = re.compile(settings.pattern)
    count = sum(pattern.search(line[:_LONGEST]) is not None for line in lines)
    return 60 * count / max(seconds, 1)


def measured(name: str, rate: float, phase: str) -> Check:
    """Return the check before the change: a number to compare with, no verdict."""
    return Check(name, "unknown", f"{rate:.1f} a minute match", phase)


def compared(name: str, settings: LogCheck, now: float, before: HealthReport) -> Check:
    """Return the verdict after the change; without a rate before it there is none."""
    earlier = next((_rate(check) for check in before.checks if check.name == name), None)
    if earlier is None:
        return Check(name, "unknown", f"{now:.1f} a minute match; before is not known", "after")
    verdict: Verdict = "healthy" if now <= earlier + settings.max_increase else "unhealthy"
    return Check(name, verdict, f"{now:.1f} a minute match, before {earlier:.1f}", "after")


def _rate(check: Check) -> float | None:
    found = _RATE.match(check.detail)
    return float(found[1]) if found else None
