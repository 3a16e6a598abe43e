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


def minute(when: str) -> str:
    """Return a time for people, in UTC: "2026-11-29 05:54"."""
    return when.replace("T", " ")[:16]


def time(when: str) -> str:
    """Return the time of day for people, in UTC: "05:54"."""
    return when[11:16]


def age(seconds: float) -> str:
    """Return an age for people: 40 s, 12 min, 3 h, 5 d."""
    for unit, size in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s"


def span(seconds: float) -> str:
    """Return a length of time in words: 40 seconds, 1 hour, 12 days."""
    units = (("day", 86400), ("hour", 3600), ("minute", 60))
    for unit, size in units:
        if seconds >= (2 if unit == "day" else 1) * size:
            count = round(seconds / size)
            return f"{count} {unit}" if count == 1 else f"{count} {unit}s"
    return f"{seconds:.0f} seconds"
