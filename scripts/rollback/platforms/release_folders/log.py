"""What the deploy tools wrote down: their logs as events, and what those say about each release."""

from __future__ import annotations

import json
import re
from collections.abc import Container, Iterable
from datetime import datetime, timezone

from msgspec import Struct
from msgspec.structs import replace

from rollback.text import clean

# the texts of Capistrano 3 (i18n.rb); the user may be empty, older versions write no commit
_DEPLOYED = re.compile(
    r"Branch (?P<branch>.*?)(?: \(at (?P<commit>[^)]*)\))? deployed as release (?P<release>\S+) by ?(?P<by>.*)"
)
_BACK = re.compile(r"(?P<by>.*?) ?\brolled back to release (?P<release>\S+)")
# a project may word its lines itself (`revision_log_message`): release names are found in them
_STAMP = re.compile(r"(?<!\d)\d{14}(?!\d)")
_FAILURE = re.compile(r"fail|error|abort|cancel|crash", re.IGNORECASE)


class Event(Struct, frozen=True):
    """A release was deployed (or rolled back to); `at` is when, if the tool says so.

    `gap` counts the lines right before it that are not understood.
    `reworded`: a release name in a line of other words.
    """

    release: str
    back: bool = False
    at: str | None = None
    by: str | None = None
    commit: str | None = None
    branch: str | None = None
    gap: int = 0
    reworded: bool = False


class Log(Struct, frozen=True):
    """Events, oldest first; `rest` counts the lines after the last that are not understood."""

    events: tuple[Event, ...] = ()
    rest: int = 0


def parsed(kind: str | None, lines: Iterable[str], names: Container[str] = ()) -> Log:
    """The log as events. `names` are the releases that a line in other words may name."""
    read = {"capistrano": _capistrano, "deployer": _deployer}.get(kind or "")
    found: list[Event] = []
    known: set[str] = set()
    gap = 0
    for line in (line.strip("\ufeff\r") for line in lines if read and line.strip()):
        event = read(line) if read else None
        if event is None and kind == "capistrano":
            event = _reworded(line, names, known)
        if event is None:
            gap += 1
            continue
        found.append(replace(event, gap=gap))
        known.add(event.release)
        gap = 0
    return Log(tuple(found), gap)


def events(kind: str | None, lines: Iterable[str]) -> list[Event]:
    """Oldest first. Lines that are not understood are left out."""
    return list(parsed(kind, lines).events)


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
    """Seconds of service that the log proves; `never` served at all.

    A rollback's time is unknown, so it ends nothing and begins nothing.

    Across lines that are not understood nothing is proven: they may be about other releases.
    """
    seconds: dict[str, float] = {}
    before: Event | None = None
    for event in history:
        if event.release in never:
            continue
        if before and before.at and event.at and not event.gap:
            seconds[before.release] = seconds.get(before.release, 0) + max(
                _time(event.at).timestamp() - _time(before.at).timestamp(), 0
            )
        before = event
    return seconds


def stamp(name: str) -> str | None:
    """The time in a folder name of 14 digits; Capistrano takes it in UTC."""
    try:
        return (
            _written(datetime.strptime(name, "%Y%m%d%H%M%S").replace(tzinfo=timezone.utc))
            if re.fullmatch(r"\d{14}", name)
            else None
        )
    except ValueError:
        return None


def _capistrano(line: str) -> Event | None:
    if found := _DEPLOYED.fullmatch(line):
        by, commit, branch = (
            clean(found[name] or "", 60) or None for name in ("by", "commit", "branch")
        )
        return Event(found["release"], False, stamp(found["release"]), by, commit, branch)
    found = _BACK.fullmatch(line)
    return Event(found["release"], True, None, clean(found["by"], 60) or None) if found else None


def _reworded(line: str, names: Container[str], known: Container[str]) -> Event | None:
    """Capistrano writes when a deploy or a rollback has ended: the release named has served."""
    found = {name for name in _STAMP.findall(line) if name in names}
    if len(found) != 1 or _FAILURE.search(line):
        return None
    name = found.pop()
    return Event(name, name in known, None if name in known else stamp(name), reworded=True)


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
