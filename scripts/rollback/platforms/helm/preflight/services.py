"""Services that reach the pods of a release: the chart's own go back with it, others stay."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rollback.model import Finding
from rollback.platforms._cluster import endpoints
from rollback.platforms._cluster.changes import WorkloadChange
from rollback.platforms._cluster.details import Location
from rollback.platforms._cluster.kubectl import find
from rollback.platforms._cluster.preflight import services
from rollback.platforms._cluster.revisions import Revision
from rollback.platforms._cluster.services import Service, parse
from rollback.platforms._cluster.workloads import Workload
from rollback.platforms.helm.manifest import WORKLOADS, is_kept, is_workload
from rollback.platforms.helm.preflight.comparison import Comparison, LiveObjects
from rollback.shell import Shell


def findings(comparison: Comparison, live: LiveObjects, shell: Shell) -> Iterator[Finding]:
    """Report Services that the pods of the target would leave without an endpoint."""
    changes: dict[Location, list[WorkloadChange]] = {}
    for change in _changes(comparison, live):
        changes.setdefault(change.location, []).append(change)
    answers = find(shell, comparison.location, *(_path(location) for location in changes))
    for (location, group), answer in zip(changes.items(), answers, strict=True):
        if answer is None:
            yield services.unknown(location.namespace)
        else:
            goals = _goals(comparison, location.namespace)
            yield from services.findings(
                services.Reach(location, group, answer["items"], goals), shell
            )


def _path(location: Location) -> str:
    return endpoints.path(location.namespace)


def _changes(comparison: Comparison, live: LiveObjects) -> Iterator[WorkloadChange]:
    """Yield every live workload of the release; one that Helm deletes has no pods afterwards."""
    for key, raw in live.items():
        goal = comparison.after.get(key)
        deleted = goal is None and not is_kept(comparison.deletable.get(key, raw))
        if is_workload(key) and (goal or deleted):
            yield WorkloadChange(
                Location(comparison.location.context, key.namespace),
                Workload(WORKLOADS[key.kind], dict(raw)),
                _revision(comparison.source.number, raw),
                _revision(comparison.target.number, goal or {}),
            )
    yield from _created(comparison, live)


def _created(comparison: Comparison, live: LiveObjects) -> Iterator[WorkloadChange]:
    """Yield the workloads that the rollback creates: their pods are behind Services afterwards."""
    for key, goal in comparison.after.items():
        if is_workload(key) and key not in live:
            yield WorkloadChange(
                Location(comparison.location.context, key.namespace),
                Workload(WORKLOADS[key.kind], dict(goal)),
                _revision(comparison.source.number, {}),
                _revision(comparison.target.number, goal),
            )


def _revision(number: int, raw: Mapping[str, Any]) -> Revision:
    return Revision(number, "", "", "", (raw.get("spec") or {}).get("template") or {})


def _goals(comparison: Comparison, namespace: str) -> dict[str, Service | None]:
    """Return the chart's Services as the rollback leaves them; None for one that it deletes."""
    goals: dict[str, Service | None] = {
        key.name: None
        for key, manifest in comparison.deletable.items()
        if (key.group, key.kind, key.namespace) == ("", "Service", namespace)
        and not is_kept(manifest)
    }
    return goals | {
        key.name: parse(manifest)
        for key, manifest in comparison.after.items()
        if (key.group, key.kind, key.namespace) == ("", "Service", namespace)
    }
