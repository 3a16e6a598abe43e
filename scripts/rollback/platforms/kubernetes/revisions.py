"""The revisions that a workload still remembers: owned ReplicaSets or ControllerRevisions, by UID."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from msgspec import Struct

from rollback.platforms.kubernetes.content import lasting, plain, printed
from rollback.platforms.kubernetes.workloads import Workload

REVISION = "deployment.kubernetes.io/revision"
EARLIER = "deployment.kubernetes.io/revision-history"  # numbers that this content had before it was gone back to
CAUSE = "kubernetes.io/change-cause"


class Revision(Struct, frozen=True):
    """One remembered content of a workload. `template`: `stored` without what a controller added; `available`: pods that serve now."""

    number: int
    hash: str
    name: str
    created: str
    template: dict[str, Any]
    annotations: dict[str, str] = {}
    earlier: tuple[int, ...] = ()
    pods: int = 0
    available: int = 0
    uid: str = ""
    stored: dict[str, Any] = {}

    @property
    def cause(self) -> str:
        return self.annotations.get(CAUSE, "").partition("(back from revision ")[0].strip()

    def same(self, other: Revision) -> bool:
        """True also when they differ only by a restart."""
        return lasting(self.template) == lasting(other.template)


def by_owner(objects: Iterable[Mapping[str, Any]]) -> dict[str, list[Mapping[str, Any]]]:
    """Owner's UID -> its objects. Labels are no proof of ownership: selectors overlap."""
    owned: dict[str, list[Mapping[str, Any]]] = {}
    for one in objects:
        for owner in one["metadata"].get("ownerReferences") or ():
            if owner.get("controller"):
                owned.setdefault(owner["uid"], []).append(one)
    return owned


def revisions(
    workload: Workload, owned: Iterable[Mapping[str, Any]], pods: Sequence[Mapping[str, Any]] = ()
) -> list[Revision]:
    """Oldest first by number. `pods` are those the workload owns itself (StatefulSet, DaemonSet)."""
    if workload.kind == "deployment":
        found = [_from_replicaset(one, workload) for one in owned]
    else:
        found = [_from_controllerrevision(one, workload, pods) for one in owned]
    return sorted((one for one in found if one is not None), key=lambda revision: revision.number)


def live(workload: Workload, known: list[Revision]) -> Revision | None:
    """The revision whose content the workload asks for now; the newest one while its controller has not caught up."""
    now = printed(plain(workload.template, workload.template))
    return next(
        (one for one in reversed(known) if printed(one.template) == now),
        known[-1] if known else None,
    )


def _from_replicaset(raw: Mapping[str, Any], workload: Workload) -> Revision | None:
    meta, status = raw["metadata"], raw.get("status") or {}
    annotations = meta.get("annotations") or {}
    if not annotations.get(REVISION, "").isdecimal():  # not made by the Deployment's controller
        return None
    earlier = tuple(
        int(number) for number in annotations.get(EARLIER, "").split(",") if number.isdecimal()
    )
    return Revision(
        int(annotations[REVISION]),
        (meta.get("labels") or {}).get("pod-template-hash", ""),
        meta["name"],
        meta["creationTimestamp"],
        plain(raw["spec"]["template"], workload.template),
        annotations,
        earlier,
        status.get("replicas", 0),
        status.get("availableReplicas", 0),
        meta["uid"],
        raw["spec"]["template"],
    )


def _from_controllerrevision(
    raw: Mapping[str, Any], workload: Workload, pods: Sequence[Mapping[str, Any]]
) -> Revision | None:
    meta = raw["metadata"]
    template = ((raw.get("data") or {}).get("spec") or {}).get("template")
    if template is None:
        return None
    hash = (meta.get("labels") or {}).get("controller.kubernetes.io/hash") or meta[
        "name"
    ].rpartition("-")[2]
    # a StatefulSet's pods carry the revision's name, a DaemonSet's its hash
    ours = [
        pod
        for pod in pods
        if (pod["metadata"].get("labels") or {}).get("controller-revision-hash")
        in (hash, meta["name"])
    ]
    return Revision(
        raw["revision"],
        hash,
        meta["name"],
        meta["creationTimestamp"],
        plain(template, workload.template),
        meta.get("annotations") or {},
        pods=len(ours),
        available=sum(map(is_ready, ours)),
        uid=meta["uid"],
        stored=template,
    )


def is_ready(pod: Mapping[str, Any]) -> bool:
    conditions = (pod.get("status") or {}).get("conditions") or ()
    return any(one["type"] == "Ready" and one["status"] == "True" for one in conditions)
