"""The logs of the deploy tools as events, and what those say about each release."""

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
    r"Branch (?P<branch>.*?)(?: \(at (?P<commit>[^)]*)\))? "
    r"deployed as release (?P<release>\S+) by ?(?P<by>.*)"
)
_ROLLED_BACK = re.compile(r"(?P<by>.*?) ?\brolled back to release (?P<release>\S+)")
# a project may set `revision_log_message`: lines in its own format still name releases
_STAMP = re.compile(r"(?<!\d)\d{14}(?!\d)")
_FAILURE = re.compile(r"fail|error|abort|cancel|crash", re.IGNORECASE)


class Event(Struct, frozen=True):
    """A deploy of a release, or a rollback to it; `at` is when, if the tool says so.

    `gap` counts the lines right before it that could not be read.
    `custom`: a line in the project's own format that names the release.
    """

    release: str
    rollback: bool = False
    at: str | None = None
    by: str | None = None
    commit: str | None = None
    branch: str | None = None
    gap: int = 0
    custom: bool = False


class Log(Struct, frozen=True):
    """Events, oldest first; `gap` counts the lines after the last one that could not be read."""

    events: tuple[Event, ...] = ()
    gap: int = 0


def parse(tool: str | None, lines: Iterable[str], releases: Container[str] = ()) -> Log:
    """Parse a log. `releases` are those that a line in a custom format may name."""
    if tool not in ("capistrano", "deployer"):
        return Log()
    events: list[Event] = []
    known: set[str] = set()
    gap = 0
    for line in (line.strip("\ufeff\r") for line in lines if line.strip()):
        event = _deployer(line) if tool == "deployer" else _capistrano(line)
        if event is None and tool == "capistrano":
            event = _custom(line, releases, known)
        if event is None:
            gap += 1
            continue
        events.append(replace(event, gap=gap))
        known.add(event.release)
        gap = 0
    return Log(tuple(events), gap)


def rolled_back_from(events: Iterable[Event]) -> set[str]:
    """Return releases rolled back from and not deployed or restored since."""
    order: dict[str, int] = {}
    left: set[str] = set()
    live: str | None = None
    for event in events:
        if event.rollback and live and order.get(event.release, -1) < order.get(live, -1):
            left.add(live)
        order.setdefault(event.release, len(order))
        left.discard(event.release)
        live = event.release
    return left


def service_time(events: Iterable[Event], never_served: set[str]) -> dict[str, float]:
    """Return release -> seconds of service that the log proves.

    The log gives no time for a rollback, so it neither ends nor begins service.
    Nothing is proven across unreadable lines: they may be about other releases.
    """
    seconds: dict[str, float] = {}
    before: Event | None = None
    for event in events:
        if event.release in never_served:
            continue
        if before and before.at and event.at and not event.gap:
            span = max(_timestamp(event.at) - _timestamp(before.at), 0)
            seconds[before.release] = seconds.get(before.release, 0) + span
        before = event
    return seconds


def time_in_name(name: str) -> str | None:
    """Return the time in a folder name of 14 digits (UTC, Capistrano)."""
    if not re.fullmatch(r"\d{14}", name):
        return None
    try:
        return _utc(datetime.strptime(name, "%Y%m%d%H%M%S").replace(tzinfo=timezone.utc))
    except ValueError:
        return None


def _capistrano(line: str) -> Event | None:
    if match := _DEPLOYED.fullmatch(line):
        release = match["release"]
        return Event(
            release,
            at=time_in_name(release),
            by=_text(match["by"]),
            commit=_text(match["commit"]),
            branch=_text(match["branch"]),
        )
    if match := _ROLLED_BACK.fullmatch(line):
        return Event(match["release"], rollback=True, by=_text(match["by"]))
    return None


def _custom(line: str, releases: Container[str], known: Container[str]) -> Event | None:
    """Read Capistrano's lines: each names a release whose deploy or rollback has ended."""
    named = {name for name in _STAMP.findall(line) if name in releases}
    if len(named) != 1 or _FAILURE.search(line):
        return None
    name = named.pop()
    if name in known:
        return Event(name, rollback=True, custom=True)
    return Event(name, at=time_in_name(name), custom=True)


def _deployer(line: str) -> Event | None:
    try:
        row = json.loads(line)
        created = datetime.strptime(row["created_at"], "%Y-%m-%dT%H:%M:%S%z")
        return Event(
            str(row["release_name"]),
            at=_utc(created),
            by=_text(row.get("user")),
            branch=_text(row.get("target")),
        )
    except (ValueError, KeyError, TypeError):
        return None


def _text(value: object) -> str | None:
    return clean(str(value or ""), 60) or None


def _utc(when: datetime) -> str:
    return when.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def _timestamp(when: str) -> float:
    parsed = datetime.strptime(when, "%Y-%m-%dT%H:%M:%SZ")
    return parsed.replace(tzinfo=timezone.utc).timestamp()
