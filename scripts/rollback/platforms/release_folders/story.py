"""One host's past: which releases served, which never got finished, of which nothing is known."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Literal

from msgspec import Struct

from rollback.platforms.release_folders import log, shape
from rollback.platforms.release_folders.host import Host
from rollback.platforms.release_folders.order import natural

_REWORDED = "has lines that are not in Capistrano's own words"
_SILENT = "does not name the release that serves"
Word = Literal["served", "likely", "doubtful", "unfinished"]
SERVED_MARKS = (
    "BAD_RELEASE",
    "DIRTY_RELEASE",
)  # `dep rollback` and `dep push` leave them in what `current` points to


class Standing(Struct, frozen=True):
    """What is known of one release: `likely` looks finished, but nothing proves that it served.

    `by_absence`: only because a log does not name it.
    `unread`: why the log's silence about it counts for nothing.
    """

    word: Word
    why: str = ""
    by_absence: bool = False
    unread: str = ""


class Story(Struct, frozen=True):
    """`told` are the releases that the log names, oldest first; `replaced` were rolled back from.

    `known` are those that our own records saw live; `order` is that of all hosts, newest first.
    """

    host: Host
    read: log.Log
    told: dict[str, log.Event]
    known: frozenset[str]
    order: tuple[str, ...] = ()

    @property
    def replaced(self) -> set[str]:
        return log.replaced(self.read.events)

    def served_seconds(self) -> dict[str, float]:
        """Release -> seconds of service that the log proves."""
        return log.service(self.read.events, self._never())

    def standing(self, name: str) -> Standing:
        host, marks = self.host, self.host.folders[name].marks
        if name == host.live or name in self.known or any(mark in marks for mark in SERVED_MARKS):
            return Standing("served", unread=self._unread(name) if name == host.live else "")
        if (
            name == host.unfinished and host.log != "capistrano"
        ):  # which makes no such link: it is the project's own
            return Standing("unfinished", "the link release still points to it")
        if host.log == "capistrano" and (said := self._said_by_ends(name)):
            return said
        return self._by_looks(name)

    def _said_by_ends(self, name: str) -> Standing | None:
        """Capistrano writes when a deploy has finished: what it names has served.

        What is missing between understood lines has not.
        """
        if event := self.told.get(name):
            return Standing("served", unread=_REWORDED if event.reworded else "")
        if not self._began(name):
            return None  # a log that was cut says nothing of what came before it
        if _pattern(name) not in map(_pattern, self.told or [name]):
            return Standing(
                "doubtful", "it was not made by Capistrano, whose log says nothing of it"
            )
        lines, folders = self._unread_around(name)
        if not lines and not folders:
            return Standing("unfinished", "capistrano's log does not name it", by_absence=True)
        if lines < len(folders):
            return Standing(
                "doubtful", _unnamed(lines, len(folders)), unread=_REWORDED if lines else _SILENT
            )
        looks = self._by_looks(name)
        return Standing(looks.word, looks.why, unread=_REWORDED)

    def _by_looks(self, name: str) -> Standing:
        """What only a finished deploy leaves: as in the releases before and after it."""
        missing, proof = shape.lacks(self.host, name, self.order)
        if missing:
            return Standing("unfinished" if proof else "doubtful", missing)
        if self.host.log == "deployer" and name not in self.told and self._began(name):
            return Standing("doubtful", "deployer's log does not name it")
        if self.host.log == "deployer" and not shape.tells(self.host):
            return Standing(
                "doubtful",
                "deployer's log says that its deploy began, and nothing shows that it finished",
            )
        return Standing("likely")

    def _began(self, name: str) -> bool:
        return not self.told or natural(name) > natural(next(iter(self.told)))

    def _unread(self, name: str) -> str:
        """The live release is missing from a log that should name it, or named in other words."""
        if self.host.log != "capistrano" or not self._began(name):
            return ""
        if event := self.told.get(name):
            return _REWORDED if event.reworded else ""
        return _REWORDED if self._unread_around(name)[0] else _SILENT

    def _unread_around(self, name: str) -> tuple[int, set[str]]:
        """Lines not understood between the log's neighbours of a release; the releases there.

        Both empty: the log is understood there, and its silence counts.
        """
        events = [event for event in self.read.events if not event.back]
        before = next(
            (event for event in reversed(events) if natural(event.release) < natural(name)), None
        )
        after = next((event for event in events if natural(event.release) > natural(name)), None)
        lines = self._lines_between(before, after)
        within = {
            other
            for other in self.host.folders
            if other not in self.told and _inside(other, before, after)
        }
        served = {other for other in within if other == self.host.live or other in self.known}
        return lines, within if lines or served else set()

    def _lines_between(self, before: log.Event | None, after: log.Event | None) -> int:
        """Rollbacks lie between, too: their lines are understood, those around them may not be."""
        events = list(self.read.events)
        start = events.index(before) + 1 if before else 0
        end = events.index(after) + 1 if after else len(events)
        return sum(event.gap for event in events[start:end]) + (0 if after else self.read.rest)

    def _never(self) -> set[str]:
        """Deployer logs a deploy when it begins: what is unfinished never served.

        Nor did what was removed before an older one.
        """
        if self.host.log != "deployer":
            return set()
        told = list(self.told)
        oldest = next((at for at, name in enumerate(told) if name in self.host.folders), len(told))
        removed = {
            name for at, name in enumerate(told) if at > oldest and name not in self.host.folders
        }
        return removed | {
            name
            for name in told
            if name in self.host.folders and self.standing(name).word == "unfinished"
        }


def story(host: Host, known: Collection[str] = ()) -> Story:
    """`known` are the releases that our own records saw live."""
    read = log.parsed(host.log, host.lines, host.folders.keys() | host.archived)
    told: dict[str, log.Event] = {}
    for event in read.events:
        if not event.back:
            told.pop(event.release, None)  # a name that was used twice counts as its last deploy
            told[event.release] = event
        told.setdefault(event.release, event)
    return Story(host, read, told, frozenset(known))


def _inside(name: str, before: log.Event | None, after: log.Event | None) -> bool:
    later = before is None or natural(before.release) < natural(name)
    return later and (after is None or natural(name) < natural(after.release))


def _unnamed(lines: int, releases: int) -> str:
    if not lines:
        return "capistrano's log names neither it nor a release that served"
    unnamed = f"{releases} releases that it does not name"
    return f"capistrano's log has {lines} lines that are not understood for {unnamed}"


def _pattern(name: str) -> str:
    """The kind of a name: digits, or digits and words at the same places."""
    return re.sub("[0-9]+", "0", name)
