"""The history of an application on all its hosts: releases, and what each host knows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from rollback.model import Target
from rollback.platforms.release_folders import details
from rollback.platforms.release_folders.deploy_log import Event
from rollback.platforms.release_folders.details import HistoryFacts
from rollback.platforms.release_folders.host import Host
from rollback.platforms.release_folders.host_history import Assessment, HostHistory, host_history
from rollback.platforms.release_folders.inspection import inspect
from rollback.platforms.release_folders.order import ordered
from rollback.settings.environment import Environment
from rollback.shell import Shell
from rollback.text import clean

MAX_PRUNED = 10  # releases whose folders are gone: enough to name them
Assessments = list[tuple[Host, Assessment]]


class Context(Struct, frozen=True):
    """Whose history it is; `tags` are those of the project's git, commit -> names."""

    target: Target
    environment: Environment
    tags: Mapping[str, Sequence[str]]


class AppHistory(Struct, frozen=True):
    """`names` are the releases, newest first; `assessments` are of every host that has the folder.

    `service_times`: for each host, release -> seconds of service that its log proves.
    """

    context: Context
    hosts: tuple[HostHistory, ...]
    live: str
    names: tuple[str, ...]
    assessments: dict[str, Assessments]
    service_times: tuple[dict[str, float], ...]
    facts: HistoryFacts

    def event(self, name: str) -> Event | None:
        return next((host.logged[name] for host in self.hosts if name in host.logged), None)

    def served_seconds(self, name: str) -> float | None:
        if name == self.live:
            return None
        return max((times[name] for times in self.service_times if name in times), default=None)

    def with_folder(self, name: str) -> list[Host]:
        return [history.host for history in self.hosts if name in history.host.folders]


def read(context: Context, shell: Shell) -> AppHistory:
    """Read the history. Raises Unreadable when a host cannot be read."""
    hosts = details.of(context.target).hosts
    return merge(context, inspect([host.name for host in hosts], hosts[0].path, shell))


def merge(context: Context, hosts: Sequence[Host]) -> AppHistory:
    """Merge the hosts: the newest release that any host serves is the live one."""
    histories = [host_history(host, _seen_live(context, host)) for host in hosts]
    every = ordered(
        [name for host in hosts for name in _names(host)],
        [history.logged for history in histories],
    )
    serving = {host.live for host in hosts}
    live = next(name for name in every if name in serving)
    names = _without_most_pruned(every, {live, *(name for host in hosts for name in host.folders)})
    histories = [replace(history, order=names) for history in histories]
    assessments = {name: _assess(name, histories) for name in names}
    return AppHistory(
        context=context,
        hosts=tuple(histories),
        live=live,
        names=names,
        assessments=assessments,
        service_times=tuple(history.service_time() for history in histories),
        facts=_facts(histories[0], live, assessments),
    )


def _names(host: Host) -> list[str]:
    return [*host.folders, *host.archived, *filter(None, [host.live])]


def _without_most_pruned(names: Sequence[str], existing: set[str]) -> tuple[str, ...]:
    pruned = [name for name in names if name not in existing]
    left_out = set(pruned[MAX_PRUNED:])
    return tuple(name for name in names if name not in left_out)


def _assess(name: str, histories: Sequence[HostHistory]) -> Assessments:
    return [
        (history.host, history.assess(name))
        for history in histories
        if name in history.host.folders
    ]


def _seen_live(context: Context, host: Host) -> set[str]:
    """Return releases our records saw live here with the same revision."""
    target, environment = context.target, context.environment
    places = {target.where, *target.places}
    seen: set[str] = set()
    for entry in (*environment.ledger, *environment.sightings):
        if entry.platform != target.platform or entry.where not in places:
            continue
        folder = host.folders.get(entry.release)
        revision = clean(folder.revision, 100) if folder else ""
        if not revision or entry.artifact in (None, revision):
            seen.add(entry.release)
    return seen


def _facts(first: HostHistory, live: str, assessments: Mapping[str, Assessments]) -> HistoryFacts:
    """Return facts from the first host: the deploy tools treat all hosts alike."""
    host = first.host
    return HistoryFacts(
        live=live,
        log=host.log,
        by_mtime=host.by_mtime,
        logged=tuple(name for name in reversed(first.logged) if name in host.folders),
        marked_bad=frozenset(
            name for name, folder in host.folders.items() if "BAD_RELEASE" in folder.marks
        ),
        served=frozenset(
            name
            for name, rows in assessments.items()
            if any(assessment.state == "served" for _, assessment in rows)
        ),
    )
