"""What this adapter stores with a target and a release, typed."""

from __future__ import annotations

from msgspec import Struct

from rollback.platforms._details import details_of
from rollback.model import Move, Release, Target


class HostDetails(Struct, frozen=True):
    """One host as the plan saw it. `name` is what ssh is given, "" for this machine.

    `link` is the text of `current`, `live` the release it points to, `revision` its REVISION.
    `marked`: the live release already carries BAD_RELEASE, or its folder is gone.
    """

    name: str
    where: str
    path: str
    machine: str
    key: str
    link: str
    live: str
    revision: str
    log: str | None
    marked: bool


class Details(Struct, frozen=True):
    """Details of a target, or of one move: then `hosts` holds exactly that move's host.

    Only moves have the last three: `source` and `goal` are what `serving` prints before and
    after, `serving` maps every host of the application to its live release.
    """

    hosts: tuple[HostDetails, ...]
    restart: tuple[str, ...] = ()
    user: str = ""
    source: str = ""
    goal: str = ""
    serving: dict[str, str] = {}


class HistoryFacts(Struct, frozen=True):
    """Facts of the whole history, as the first host reports them; `served` holds for all hosts.

    `logged` are the releases in the log that still exist, newest first.
    """

    live: str = ""
    log: str | None = None
    by_mtime: tuple[str, ...] = ()
    logged: tuple[str, ...] = ()
    marked_bad: frozenset[str] = frozenset()
    served: frozenset[str] = frozenset()


class Facts(Struct, frozen=True):
    """Facts of one release: its REVISION on each host, and which log could not be read about it."""

    history: HistoryFacts = HistoryFacts()
    revisions: dict[str, str] = {}
    unread_log: str = ""


of = details_of(Details)


def host_of(move: Move) -> HostDetails:
    """Return the one host that a move changes."""
    return of(move.target).hosts[0]


def facts_of(release: Release) -> Facts:
    """Return the facts of a release; empty once a plan was loaded from its file."""
    return release.facts if isinstance(release.facts, Facts) else Facts()


def app_on(target: Target, host: str) -> str:
    """Return the name of the application on one of its hosts."""
    alone = len(of(target).hosts) == 1
    return target.app if alone else f"{target.app}@{host.removeprefix('ssh://')}"
