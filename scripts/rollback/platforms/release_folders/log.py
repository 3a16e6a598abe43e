"""What the deploy tools wrote down: their logs as events, and what those say about each release."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from datetime import datetime, timezone

from msgspec import Struct

from rollback.text import clean

# the texts of Capistrano 3 (i18n.rb); the user may be empty, older versions write no commit
_DEPLOYED = re.compile(r"Branch (?P<branch>.*?)(?: \(at (?P<commit>[^)]*)\))? deployed as release (?P<release>\S+) by ?(?P<by>.*)")
_BACK = re.compile(r"(?P<by>.*?) ?\brolled back to release (?P<release>\S+)")


class Event(Struct, frozen=True):
    """A release was deployed (or gone back to); `at` is when, where the tool tells."""

    release: str
    back: bool = False
    at: str | None = None
    by: str | None = None
    commit: str | None = None
    branch: str | None = None


def events(log: str | None, lines: Iterable[str]) -> list[Event]:
    """Oldest first. Lines that are not understood are left out."""
    read = {"capistrano": _capistrano, "deployer": _deployer}.get(log or "")
    return [event for event in map(read, lines) if event] if read else []


def replaced(history: Iterable[Event]) -> set[str]:
    """Releases that somebody rolled back from. Going forward again takes that back."""
    order: dict[str, int] = {}
    left: set[str] = set()
    now: str | None = None
    for event in history:
        if event.back and now and order.get(event.release, -1) < order.get(now, -1):
            left.add(now)
        order.setdefault(event.release, len(order))
        left.discard(event.release)
        now = event.release
    return left


def service(history: Iterable[Event], never: set[str]) -> dict[str, float]:
    """Seconds of service that the log proves; `never` served at all. A rollback's time is unknown, so it ends nothing and begins nothing."""
    seconds: dict[str, float] = {}
    before: Event | None = None
    for event in history:
        if event.release in never:
            continue
        if before and before.at and event.at:
            seconds[before.release] = seconds.get(before.release, 0) + max(_time(event.at).timestamp() - _time(before.at).timestamp(), 0)
        before = event
    return seconds


def stamp(name: str) -> str | None:
    """The time in a folder name of 14 digits; Capistrano takes it in UTC."""
    try:
        return _written(datetime.strptime(name, "%Y%m%d%H%M%S").replace(tzinfo=timezone.utc)) if re.fullmatch(r"\d{14}", name) else None
    except ValueError:
        return None


def _capistrano(line: str) -> Event | None:
    if found := _DEPLOYED.fullmatch(line.strip("\r")):
        by, commit, branch = (clean(found[name] or "", 60) or None for name in ("by", "commit", "branch"))
        return Event(found["release"], False, stamp(found["release"]), by, commit, branch)
    found = _BACK.fullmatch(line.strip("\r"))
    return Event(found["release"], True, None, clean(found["by"], 60) or None) if found else None


def _deployer(line: str) -> Event | None:
    try:
        row = json.loads(line)
        at = _written(datetime.strptime(row["created_at"], "%Y-%m-%dT%H:%M:%S%z"))
        by, target = (clean(str(row.get(key) or ""), 60) or None for key in ("user", "target"))
        return Event(str(row["release_name"]), False, at, by, None, target)
    except (ValueError, KeyError, TypeError):
        return None


def _written(when: datetime) -> str:
    return when.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def _time(when: str) -> datetime:
    return datetime.strptime(when, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc)
