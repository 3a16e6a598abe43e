"""What the checks read: workloads with their revisions and pods.

A few are read by name; for more, the namespace is listed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from rollback.platforms._cluster.details import Location
from rollback.platforms._cluster.kubectl import items
from rollback.platforms._cluster.namespace import NamespaceState
from rollback.platforms._cluster.revisions import by_owner
from rollback.platforms._cluster.workloads import KINDS, Workload, WorkloadName
from rollback.shell import Shell

FEW = 4  # workloads: up to here they are read by name, above it the whole namespace once
Objects = list[dict[str, Any]]


def read(shell: Shell, location: Location, workloads: Sequence[WorkloadName]) -> NamespaceState:
    """Read the workloads, without events. Raises Unreadable."""
    few = len(workloads) <= FEW and all(workload.selector for workload in workloads)
    kinds = [workload.kind for workload in workloads]
    if not few:
        kinds = list(dict.fromkeys(kinds))
    queries = _selectors(workloads) if few else [""]
    paths = _workloads(location, workloads, kinds, few)
    histories = _histories(location, kinds, queries)
    pods = [f"/api/v1/namespaces/{location.namespace}/pods{query}" for query in queries]
    lists = items(shell, location, *paths, *histories, *pods)
    owned, of_pods = lists[len(paths) : -len(pods)], lists[-len(pods) :]
    live_workloads = [
        Workload(kind, raw) for kind, objects in zip(kinds, lists, strict=False) for raw in objects
    ]
    return NamespaceState(
        {workload.key: workload for workload in live_workloads},
        by_owner(_once(owned)),
        by_owner(_once(of_pods)),
        [],
    )


def _workloads(
    location: Location, workloads: Sequence[WorkloadName], kinds: Sequence[str], few: bool
) -> list[str]:
    base = f"/apis/apps/v1/namespaces/{location.namespace}"
    if not few:
        return [f"{base}/{KINDS[kind]}" for kind in kinds]
    return [
        f"{base}/{KINDS[workload.kind]}?fieldSelector=metadata.name%3D{workload.name}"
        for workload in workloads
    ]


def _histories(location: Location, kinds: Sequence[str], queries: Sequence[str]) -> list[str]:
    base = f"/apis/apps/v1/namespaces/{location.namespace}"
    plurals = ["replicasets"] if "deployment" in kinds else []
    if set(kinds) - {"deployment"}:
        plurals.append("controllerrevisions")
    return [f"{base}/{plural}{query}" for plural in plurals for query in queries]


def _selectors(workloads: Sequence[WorkloadName]) -> list[str]:
    return [f"?labelSelector={quote(workload.selector)}" for workload in workloads]


def _once(lists: Sequence[Objects]) -> Objects:
    """Selectors overlap: an object may be in several lists."""
    return list({raw["metadata"]["uid"]: raw for objects in lists for raw in objects}.values())
