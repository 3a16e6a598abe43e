"""Where a service keeps backups of a database that are made anyway: one file per service.

The file's name is the key below `backup:`, its value names what the backups are of.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any, Protocol

from msgspec import Struct

from rollback.registry import Registry
from rollback.shell import Shell


_TIME = re.compile(
    r"(?P<day>\d{4}-\d\d-\d\d)[ T](?P<time>\d\d:\d\d(?::\d\d)?)(?:\.\d+)?"
    r" ?(?P<zone>Z|UTC|[+-]\d\d:?\d\d)?"
)


class Newest(Struct, frozen=True):
    """The newest backup: its name, and its age in seconds; `missing` says why there is none."""

    name: str = ""
    age: float = 0
    missing: str = ""


class Service(Protocol):
    """`NAME` is what the value in the settings looks like, `NAMED` says it for people."""

    @property
    def NAME(self) -> re.Pattern[str]: ...

    @property
    def NAMED(self) -> str: ...

    def newest(self, name: str, near: Mapping[str, Any], shell: Shell) -> Newest:
        """Return the newest finished backup.

        `near` are the settings of the platform beside the database: its account may be the same.
        Raises NotInstalled, Unreadable, Usage: what keeps the backups from being read.
        """


def since(when: datetime) -> float:
    """Return seconds since a time, negative for the future."""
    return (datetime.now(timezone.utc) - when).total_seconds()


def time_of(text: str) -> datetime | None:
    """Return a time in ISO 8601, or as services print it: "2026-11-29 19:45:49 +0000"."""
    match = _TIME.fullmatch(text.strip())
    if match is None:
        return None
    zone = match["zone"] or "+00:00"
    zone = "+00:00" if zone in ("Z", "UTC") else f"{zone[:3]}:{zone[-2:]}"
    try:
        return datetime.fromisoformat(f"{match['day']}T{match['time']}{zone}")
    except ValueError:
        return None


services: Registry[Service] = Registry(__name__, list(__path__))
