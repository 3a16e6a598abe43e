"""One host's history: which releases served, which never finished, which are unknown."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Literal

from msgspec import Struct

from rollback.platforms.release_folders import completeness, deploy_log
from rollback.platforms.release_folders.deploy_log import Event, Log
from rollback.platforms.release_folders.host import Host
from rollback.platforms.release_folders.order import natural

_CUSTOM = "has lines in a custom format"
_LIVE_MISSING = "does not list the live release"
# `dep rollback` and `dep push` leave them in what `current` points to
SERVED_MARKS = ("BAD_RELEASE", "DIRTY_RELEASE")


class Assessment(Struct, frozen=True):
    """What is known of one release: `likely` looks complete, but nothing proves that it served.

    `by_absence`: unfinished only because a log does not list it.
    `unread`: why the log cannot be held against it.
    """

    state: Literal["served", "likely", "doubtful", "unfinished"]
    why: str = ""
    by_absence: bool = False
    unread: str = ""


class Gap(Struct, frozen=True):
    """The gap around a release in the log: unreadable lines, and releases that are not listed.

    Without either the log is readable there, and a release missing from it did not finish.
    """

    lines: int
    releases: frozenset[str]


class HostHistory(Struct, frozen=True):
    """`logged`: release -> its last deploy in the log, oldest first.

    `seen_live` are releases our records saw live; `order` is that of all hosts, newest first.
    """

    host: Host
    log: Log
    logged: dict[str, Event]
    seen_live: frozenset[str]
    order: tuple[str, ...] = ()

    @property
    def rolled_back_from(self) -> set[str]:
        return deploy_log.rolled_back_from(self.log.events)

    def service_time(self) -> dict[str, float]:
        """Return release -> seconds of service that the log proves."""
        return deploy_log.service_time(self.log.events, self._never_served())

    def assess(self, name: str) -> Assessment:
        host = self.host
        if name == host.live:
            return Assessment("served", unread=self._unread_about_live(name))
        if name in self.seen_live or host.folders[name].marks.intersection(SERVED_MARKS):
            return Assessment("served")
        # Capistrano makes no link named release: there it is the project's own
        if name == host.deploying and host.log != "capistrano":
            return Assessment("unfinished", "the link named release still points to it")
        if host.log == "capistrano" and (assessment := self._by_capistrano(name)):
            return assessment
        return self._by_contents(name)

    def _by_capistrano(self, name: str) -> Assessment | None:
        """Judge by Capistrano's log, which lists finished deploys: listed releases have served.

        None: the log does not reach back that far.
        """
        if event := self.logged.get(name):
            return Assessment("served", unread=_CUSTOM if event.custom else "")
        if not self._after_start(name):
            return None
        if self.logged and _pattern(name) not in map(_pattern, self.logged):
            why = "its name is not one that Capistrano gives, and Capistrano's log does not list it"
            return Assessment("doubtful", why)
        gap = self._gap_around(name)
        if not gap.lines and not gap.releases:
            why = "Capistrano's log does not list it"
            return Assessment("unfinished", why, by_absence=True)
        if gap.lines < len(gap.releases):
            unread = _CUSTOM if gap.lines else _LIVE_MISSING
            return Assessment("doubtful", _too_few_lines(gap), unread=unread)
        contents = self._by_contents(name)
        return Assessment(contents.state, contents.why, unread=_CUSTOM)

    def _by_contents(self, name: str) -> Assessment:
        """Compare with the releases before and after it."""
        if gap := completeness.gap(self.host, name, self.order):
            return Assessment("unfinished" if gap.proven else "doubtful", gap.reason)
        if self.host.log != "deployer":
            return Assessment("likely")
        if name not in self.logged and self._after_start(name):
            return Assessment("doubtful", "Deployer's log does not list it")
        if not completeness.can_tell(self.host):
            why = "Deployer's log says that its deploy started, and nothing shows that it finished"
            return Assessment("doubtful", why)
        return Assessment("likely")

    def _after_start(self, name: str) -> bool:
        """Whether the log would list the release; a log that was cut says nothing about it."""
        return not self.logged or natural(name) > natural(next(iter(self.logged)))

    def _unread_about_live(self, name: str) -> str:
        if self.host.log != "capistrano" or not self._after_start(name):
            return ""
        if event := self.logged.get(name):
            return _CUSTOM if event.custom else ""
        return _CUSTOM if self._gap_around(name).lines else _LIVE_MISSING

    def _gap_around(self, name: str) -> Gap:
        deploys = [event for event in self.log.events if not event.rollback]
        older = [event for event in deploys if natural(event.release) < natural(name)]
        newer = [event for event in deploys if natural(event.release) > natural(name)]
        before = older[-1] if older else None
        after = newer[0] if newer else None
        lines = self._unreadable_lines(before, after)
        missing = {
            other
            for other in self.host.folders
            if other not in self.logged and _between(other, before, after)
        }
        served = any(other == self.host.live or other in self.seen_live for other in missing)
        return Gap(lines, frozenset(missing) if lines or served else frozenset())

    def _unreadable_lines(self, before: Event | None, after: Event | None) -> int:
        """Return the lines between two deploys.

        Rollbacks in between are readable, the lines around them may not be.
        """
        events = list(self.log.events)
        start = events.index(before) + 1 if before else 0
        end = events.index(after) + 1 if after else len(events)
        trailing = 0 if after else self.log.gap
        return sum(event.gap for event in events[start:end]) + trailing

    def _never_served(self) -> set[str]:
        """Return releases that never served: Deployer logs a deploy when it starts.

        Nor did those that were removed while an older one was kept.
        """
        if self.host.log != "deployer":
            return set()
        never: set[str] = set()
        kept_older = False
        for name in self.logged:
            exists = name in self.host.folders
            if (kept_older and not exists) or (exists and self.assess(name).state == "unfinished"):
                never.add(name)
            kept_older = kept_older or exists
        return never


def host_history(host: Host, seen_live: Collection[str] = ()) -> HostHistory:
    """Return a host's history; `seen_live` are releases that our records saw live."""
    log = deploy_log.parse(host.log, host.log_lines, host.folders.keys() | host.archived)
    logged: dict[str, Event] = {}
    for event in log.events:
        if not event.rollback:
            logged.pop(event.release, None)  # a name that was used twice counts as its last deploy
            logged[event.release] = event
        logged.setdefault(event.release, event)
    return HostHistory(host, log, logged, frozenset(seen_live))


def _between(name: str, before: Event | None, after: Event | None) -> bool:
    if before and natural(name) <= natural(before.release):
        return False
    return after is None or natural(name) < natural(after.release)


def _too_few_lines(gap: Gap) -> str:
    if not gap.lines:
        return "Capistrano's log lists neither it nor a release that served"
    releases = f"{len(gap.releases)} releases that it does not list"
    return f"Capistrano's log has {gap.lines} lines in a custom format for {releases}"


def _pattern(name: str) -> str:
    """Return the pattern of a name: digits, or digits and words in the same positions."""
    return re.sub("[0-9]+", "0", name)
