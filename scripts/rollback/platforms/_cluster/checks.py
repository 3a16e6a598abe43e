"""Kubernetes' own view of health: rolled out, ready pods of the live revision, no restarts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from rollback.model import Check
from rollback.platforms._cluster import endpoints, proxy, scale
from rollback.platforms._cluster.details import Location
from rollback.platforms._cluster.endpoints import Endpoints
from rollback.platforms._cluster.health import health
from rollback.platforms._cluster.namespace import NamespaceState
from rollback.platforms._cluster.health_reads import read
from rollback.platforms._cluster.pods import last_message
from rollback.platforms._cluster.revisions import pods_of
from rollback.platforms._cluster.services import PodShape
from rollback.platforms._cluster.workloads import WorkloadName
from rollback.shell import Shell

_DIAGNOSED = 4  # workloads for which logs and events are read, too


def checks(
    location: Location,
    workloads: Sequence[WorkloadName],
    shell: Shell,
    state: NamespaceState | None = None,
    planned: Sequence[PodShape] = (),
) -> Iterable[Check]:
    """Return one check for each workload. Raises Unreadable.

    `state`: what was read a moment ago; None to read it now. `planned`: pods as they were planned.
    """
    if not workloads:
        return
    proxy.start(shell, location.context)
    state = state or read(shell, location, workloads)
    services = endpoints.read(shell, location)
    shapes = {shape.workload: shape for shape in planned}
    diagnosed = 0
    for name in workloads:
        check = _check(location, name, state, services, shapes.get(name.key))
        workload = state.workloads.get(name.key)
        if workload and check.verdict in ("unhealthy", "waiting") and diagnosed < _DIAGNOSED:
            pods = pods_of(workload, state.live(workload), state.pods)
            message = last_message(shell, location, pods)
            diagnosed += bool(message)
            check = replace(check, detail="; ".join(filter(None, (check.detail, message))))
        yield check


def _check(
    location: Location,
    name: WorkloadName,
    state: NamespaceState,
    services: Endpoints,
    planned: PodShape | None,
) -> Check:
    workload = state.workloads.get(name.key)
    if workload is None:
        return Check(name.key, "unhealthy", "not found in the cluster")
    if scale.is_zero(workload):
        start = scale.command(location, workload, state.revisions(workload))
        return Check(name.key, "unknown", f"scaled to zero, no pod runs; start it: {start}")
    revision = state.live(workload)
    pods = pods_of(workload, revision, state.pods)
    return health(workload, revision, pods, services, planned)
