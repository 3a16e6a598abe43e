"""Times as they are written everywhere: UTC, ISO 8601, whole seconds, Z."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone


def now(plus_seconds: int = 0) -> str:
    return (datetime.now(timezone.utc) + timedelta(seconds=plus_seconds)).strftime(
        "%Y-%m-%dT%H:%M:%SZ"
    )


def seconds_since(when: str) -> int:
    """Return whole seconds from `when` until now, negative for the future."""
    return int(
        (
            datetime.now(timezone.utc) - datetime.fromisoformat(when.replace("Z", "+00:00"))
        ).total_seconds()
    )


def seconds_between(when: str, later: str) -> int:
    """Return whole seconds from `when` to `later`, negative if it is earlier."""
    ends = (datetime.fromisoformat(text.replace("Z", "+00:00")) for text in (later, when))
    return int((next(ends) - next(ends)).total_seconds())


def age(seconds: float) -> str:
    """Return an age for people: 40 s, 12 min, 3 h, 5 d."""
    for unit, size in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s"
