"""Judge what was logged: lines that match a pattern, per minute, compared with before."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rollback.model import Check, HealthReport
from rollback.settings.model import LogCheck

WINDOW = 300  # seconds that are looked back at, at most
SHORTEST = 30.0  # seconds: the rate of a shorter time says little about a release
ENOUGH = 15.0  # seconds after the change: a shorter time tells nothing at all
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


def compared(name: str, settings: LogCheck, now: float, earlier: float, seconds: float) -> Check:
    """Return the verdict after the change, when the release has served for so many seconds.

    More than before is unhealthy, once a burst at the start cannot be the cause. As many as before,
    where that was too many, proves nothing.
    """
    detail = f"{now:.1f} a minute match, before {earlier:.1f}"
    if now > earlier + settings.max_increase:
        return Check(name, "unhealthy" if seconds >= SHORTEST else "waiting", detail, "after")
    fewer = now <= settings.max_increase or now <= earlier / 2
    return Check(name, "healthy" if fewer else "unknown", detail, "after")


def earlier(name: str, before: HealthReport) -> float | None:
    """Return the rate that a report before the change has; None without one."""
    details = (check.detail for check in before.checks if check.name == name)
    found = next((match for match in map(_RATE.match, details) if match), None)
    return float(found[1]) if found else None
