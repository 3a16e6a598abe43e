"""What was live together, and when: deployments of several services as releases. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timezone
from itertools import pairwise

from msgspec import Struct

from rollback.platforms.ecs.answers import ServiceDeployment
from rollback.platforms.ecs.history import BEFORE, UNFINISHED, Read

GAP = 900  # seconds: services deployed within it of each other are one release
Vector = Mapping[str, str]  # service -> ARN of its task definition
Key = tuple[tuple[str, str], ...]


class Deployed(Struct, frozen=True):
    """One deployment of one service."""

    service: str
    definition: str
    began: datetime
    ended: datetime
    row: ServiceDeployment


class State(Struct):
    """Task definitions that were live together, or were to be.

    `failed`: why the last deployment of it failed; `stopped`: it never completed.
    """

    vector: dict[str, str]
    at: datetime
    served: float | None = None
    failed: str = ""
    stopped: str = ""
    before: bool = False  # it served before the history begins: since when is not known
    left: bool = False  # a service of it was rolled back from it


def key(vector: Vector) -> Key:
    return tuple(sorted(vector.items()))


def completed(reads: Iterable[Read]) -> list[Deployed]:
    """Return what served, oldest first."""
    return sorted(_rows(reads, ("SUCCESSFUL",)), key=lambda row: row.ended)


def broken(reads: Iterable[Read]) -> list[Deployed]:
    """Return what failed or was stopped, oldest first."""
    states = (
        "STOPPED",
        "ROLLBACK_SUCCESSFUL",
        "ROLLBACK_FAILED",
        "ROLLBACK_REQUESTED",
        "ROLLBACK_IN_PROGRESS",
    )
    return sorted(_rows(reads, states), key=lambda row: row.began)


def _rows(reads: Iterable[Read], statuses: Sequence[str]) -> Iterator[Deployed]:
    for read in reads:
        for row in read.deployments:
            began = row.started_at or row.created_at
            definition = read.definition_of(row)
            if row.status in statuses and began and definition:
                ended = row.finished_at or began
                yield Deployed(read.service.service_name, definition, began, ended, row)


def states(reads: Sequence[Read]) -> list[State]:
    """Return every combination that was live, or was to be, newest first."""
    served = completed(reads)
    live = live_of(reads)
    known: dict[Key, State] = {}
    periods: list[tuple[Key, datetime]] = []
    for vector, at in _vectors(served, reads):
        known[key(vector)] = State(vector, at)
        periods.append((key(vector), at))
    if not periods or periods[-1][0] != key(live):
        at = _since(reads, served)
        known[key(live)] = State(live, at)
        periods.append((key(live), at))
    first = [row for row in served if row.row.status_reason == BEFORE]
    for row in first if len(reads) == 1 else ():
        state = known[key({row.service: row.definition})]
        state.before = state.at == row.ended
    _count(known, periods)
    _mark(known, [*((row.service, row.definition) for row in served), *live.items()])
    for row in broken(reads):
        _add_broken(known, row, _at(served, reads, row.began))
    serving = known[key(live)]
    return sorted(known.values(), key=lambda state: (state.at, state is serving), reverse=True)


def live_of(reads: Sequence[Read]) -> dict[str, str]:
    """Return the task definition that each service is on, or is being moved to."""
    return {read.service.service_name: read.live for read in reads}


def _since(reads: Sequence[Read], served: Sequence[Deployed]) -> datetime:
    """Return since when something is live that no deployment has completed.

    Whatever completed, did so before it: the clocks of a service and of its history differ.
    """
    began = map(_began, reads)
    known = [*filter(None, began), *(row.ended for row in served)]
    return max(known, default=datetime.now(timezone.utc))


def _began(read: Read) -> datetime | None:
    """Return when its last deployment began: of CodeDeploy, ECS knows those with tasks only."""
    row = in_flight(read) if read.codedeploy else None
    return row.created_at if row else read.service.primary.created_at


def _vectors(
    served: Sequence[Deployed], reads: Sequence[Read]
) -> Iterator[tuple[dict[str, str], datetime]]:
    """Yield what was live after each group of deployments, oldest first.

    A service without a deployment in the history has been on its task definition all along.
    """
    vector = _baseline(served, reads)
    names = {read.service.service_name for read in reads}
    for group in _groups(served):
        vector |= {row.service: row.definition for row in group}
        if names == vector.keys():
            yield dict(vector), group[-1].ended


def _baseline(served: Sequence[Deployed], reads: Sequence[Read]) -> dict[str, str]:
    moved = {row.service for row in served}
    return {name: arn for name, arn in live_of(reads).items() if name not in moved}


def _groups(served: Sequence[Deployed]) -> Iterator[list[Deployed]]:
    """Yield deployments of different services that belong together."""
    group: list[Deployed] = []
    for row in served:
        apart = group and (row.began - group[-1].ended).total_seconds() > GAP
        again = any(row.service == other.service for other in group)
        if apart or again:
            yield group
            group = []
        group.append(row)
    if group:
        yield group


def _count(known: Mapping[Key, State], periods: Sequence[tuple[Key, datetime]]) -> None:
    """Add up how long each served; the last one still does."""
    for (this, began), (_, ended) in pairwise(periods):
        state = known[this]
        state.served = (state.served or 0) + (ended - began).total_seconds()


def _mark(known: Mapping[Key, State], went: Sequence[tuple[str, str]]) -> None:
    """Mark what a service was rolled back from, and has not returned to since.

    `went` has services and their task definitions, oldest first; last what is live or in flight.
    """
    left: set[tuple[str, str]] = set()
    order: dict[str, list[str]] = {}
    for service, definition in went:
        seen = order.setdefault(service, [])
        if seen and definition in seen and seen.index(definition) < seen.index(seen[-1]):
            last = len(seen) - 1 - seen[::-1].index(definition)
            left |= {(service, other) for other in seen[last + 1 :]}
        left.discard((service, definition))
        seen.append(definition)
    for state in known.values():
        state.left = bool(left & set(state.vector.items()))


def _at(served: Sequence[Deployed], reads: Sequence[Read], at: datetime) -> dict[str, str]:
    vector = _baseline(served, reads)
    before = {row.service: row.definition for row in served if row.ended <= at}
    return vector | before


def _add_broken(known: dict[Key, State], row: Deployed, around: dict[str, str]) -> None:
    """Add a deployment that did not complete; one that completed another time stays what it was."""
    vector = around | {row.service: row.definition}
    state = known.get(key(vector))
    reason = row.row.status_reason
    stopped = row.row.status == "STOPPED" and "circuit breaker" not in reason.lower()
    if state is None:
        state = known[key(vector)] = State(vector, row.began)
        if stopped:
            state.stopped = reason or "its deployment was stopped before it completed"
    if not stopped and row.began >= state.at:
        state.at = row.began
        state.failed = reason or "its deployment failed"


def in_flight(read: Read) -> ServiceDeployment | None:
    """Return the deployment that ECS works on."""
    return next((row for row in read.deployments if row.status in UNFINISHED), None)
