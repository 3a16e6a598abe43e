"""Kubernetes' own view of health, for all workloads from list reads: rolled out, ready pods of the live revision, no restarts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from rollback.model import Check
from rollback.platforms._cluster import endpoints, proxy
from rollback.platforms._cluster.details import Location
from rollback.platforms._cluster.health import health
from rollback.platforms._cluster.namespace import NamespaceState
from rollback.platforms._cluster.health_reads import read
from rollback.platforms._cluster.pods import last_message
from rollback.platforms._cluster.revisions import pods_of
from rollback.platforms._cluster.workloads import WorkloadName
from rollback.shell import Shell

_ASKED = 4  # workloads whose pods are asked why they are not ready


def checks(
    location: Location,
    workloads: Sequence[WorkloadName],
    shell: Shell,
    state: NamespaceState | None = None,
) -> Iterable[Check]:
    """One for each workload. `state`: what was read a moment ago, when it was. Raises Unreadable."""
    if not workloads:
        return
    proxy.start(shell, location.context)
    state = state or read(shell, location, workloads)
    known, asked = endpoints.read(shell, location), 0
    for wanted in workloads:
        workload = state.workloads.get(wanted.key)
        if workload is None:
            yield Check(wanted.key, "unhealthy", "it is gone")
            continue
        revision = state.live(workload)
        pods = pods_of(workload, revision, state.pods)
        check = health(workload, revision, pods, known)
        if check.verdict in ("unhealthy", "waiting") and asked < _ASKED:
            message = last_message(shell, location, pods)
            asked += bool(message)
            check = replace(check, detail="; ".join(filter(None, (check.detail, message))))
        yield check
