"""The state of a namespace: what shows the history and the health of its workloads."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from rollback.platforms._cluster.details import Location
from rollback.platforms._cluster.events import failures
from rollback.platforms._cluster.kubectl import find, items
from rollback.platforms._cluster.revisions import Revision, by_owner, live, revisions
from rollback.platforms._cluster.workloads import Workload, read_all
from rollback.shell import Shell


@dataclass(frozen=True)
class NamespaceState:
    """`owned` and `pods` are by the UID of their owner.

    `loose`: pods and ReplicaSets that nobody owns.
    """

    workloads: dict[str, Workload]  # kind/name -> workload
    owned: Mapping[str, list[Mapping[str, Any]]]  # ReplicaSets and ControllerRevisions
    pods: Mapping[str, list[Mapping[str, Any]]]
    events: list[dict[str, Any]]  # warnings of the last hour
    loose: Sequence[tuple[str, Mapping[str, Any]]] = ()
    at: float = field(default_factory=time.monotonic)  # when it was read
    _revisions: dict[str, list[Revision]] = field(default_factory=dict)  # UID -> once computed

    def revisions(self, workload: Workload) -> list[Revision]:
        """Oldest first by number."""
        uid = workload.meta["uid"]
        if uid not in self._revisions:
            owned, pods = self.owned.get(uid, ()), self.pods.get(uid, ())
            self._revisions[uid] = revisions(workload, owned, pods)
        return self._revisions[uid]

    def live(self, workload: Workload) -> Revision | None:
        return live(workload, self.revisions(workload))

    @cached_property
    def events_by_pod(self) -> Mapping[str, list[str]]:
        return failures(self.events)


def read(shell: Shell, location: Location) -> NamespaceState:
    """Read the whole namespace. Raises Unreadable."""
    workloads = {workload.key: workload for workload in read_all(shell, location)}
    stateful = any(workload.kind != "deployment" for workload in workloads.values())
    replicasets, pods, revisions = _lists(shell, location, stateful)
    return NamespaceState(
        workloads,
        by_owner([*replicasets, *revisions]),
        by_owner(pods),
        _warnings(shell, location),
        [*_loose("replicaset", replicasets), *_loose("pod", pods)],
    )


def _lists(shell: Shell, location: Location, stateful: bool) -> Sequence[list[dict[str, Any]]]:
    """Read ReplicaSets, pods and ControllerRevisions."""
    base = f"/api/v1/namespaces/{location.namespace}"
    apps = f"/apis/apps/v1/namespaces/{location.namespace}"
    paths = [f"{apps}/replicasets", f"{base}/pods"]
    if stateful:
        return items(shell, location, *paths, f"{apps}/controllerrevisions")
    return [*items(shell, location, *paths), []]


def _warnings(shell: Shell, location: Location) -> list[dict[str, Any]]:
    """Read warning events; empty where a Role does not allow it."""
    path = f"/api/v1/namespaces/{location.namespace}/events?fieldSelector=type%3DWarning"
    (events,) = find(shell, location, path)
    return (events or {}).get("items") or []


def _loose(kind: str, objects: Sequence[Mapping[str, Any]]) -> list[tuple[str, Mapping[str, Any]]]:
    return [(kind, raw) for raw in objects if not raw["metadata"].get("ownerReferences")]
