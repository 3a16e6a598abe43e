"""The revisions that a workload keeps: owned ReplicaSets or ControllerRevisions, by UID."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from msgspec import Struct

from rollback.clock import now
from rollback.platforms._cluster.content import plain
from rollback.platforms._cluster.restarts import without_marks
from rollback.platforms._cluster.workloads import Workload

REVISION = "deployment.kubernetes.io/revision"
# numbers that this content had before it was rolled back to
EARLIER = "deployment.kubernetes.io/revision-history"
CAUSE = "kubernetes.io/change-cause"
ROLLED_BACK = "(back from revision "  # what a rollback of ours appends to the cause

Objects = Sequence[Mapping[str, Any]]


class Revision(Struct, frozen=True):
    """One stored content of a workload.

    `template`: `stored` without what a controller added; `available`: pods that serve now.
    """

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
        return self.annotations.get(CAUSE, "").partition(ROLLED_BACK)[0].strip()

    def same(self, other: Revision) -> bool:
        """True also when they differ only by a restart."""
        return without_marks(self.template) == without_marks(other.template)


def by_owner(objects: Iterable[Mapping[str, Any]]) -> dict[str, list[Mapping[str, Any]]]:
    """Return owner's UID -> its objects. Labels do not prove ownership: selectors overlap."""
    owned: dict[str, list[Mapping[str, Any]]] = {}
    for raw in objects:
        for owner in raw["metadata"].get("ownerReferences") or ():
            if owner.get("controller"):
                owned.setdefault(owner["uid"], []).append(raw)
    return owned


def revisions(
    workload: Workload, owned: Iterable[Mapping[str, Any]], pods: Objects = ()
) -> list[Revision]:
    """Return the revisions, the lowest number first.

    `pods`: those the workload owns itself (StatefulSet, DaemonSet).
    """
    if workload.kind == "deployment":
        parsed = [_from_replicaset(raw, workload) for raw in owned]
    else:
        parsed = [_from_controllerrevision(raw, workload, pods) for raw in owned]
    history = [revision for revision in parsed if revision is not None]
    history.sort(key=lambda revision: revision.number)
    return [*history, *_awaited(workload, history)]


def is_awaited(revision: Revision) -> bool:
    """True for a content that a Deployment asks for and no ReplicaSet has yet."""
    return not revision.uid


def live(workload: Workload, history: Sequence[Revision]) -> Revision | None:
    """Return the revision with the content of the workload, else the newest one."""
    live_template = plain(workload.template, workload.template)
    for revision in reversed(history):
        if revision.template == live_template:
            return revision
    return history[-1] if history else None


def pods_of(
    workload: Workload, revision: Revision | None, pods: Mapping[str, Objects]
) -> list[Mapping[str, Any]]:
    """Return the pods of a revision.

    Its ReplicaSet owns them, or the workload does and they carry the revision as a label.
    """
    if revision is None:
        return []
    owner = revision.uid if workload.kind == "deployment" else workload.meta["uid"]
    owned = pods.get(owner, ())
    if workload.kind != "deployment":
        owned = _labelled(owned, (revision.hash, revision.name))
    return [pod for pod in owned if not pod["metadata"].get("deletionTimestamp")]


def is_ready(pod: Mapping[str, Any]) -> bool:
    conditions = (pod.get("status") or {}).get("conditions") or ()
    return any(
        condition["type"] == "Ready" and condition["status"] == "True" for condition in conditions
    )


def _awaited(workload: Workload, history: Sequence[Revision]) -> Iterator[Revision]:
    """Yield what a Deployment asks for while its controller has made no ReplicaSet of it.

    It makes none while the Deployment is paused, or while Recreate waits for the old pods to end:
    until now the newest of the others served.
    """
    if workload.kind != "deployment" or not history:
        return
    template = plain(workload.template, workload.template)
    asked = all(revision.template != template for revision in history)
    if asked and not (workload.raw.get("status") or {}).get("updatedReplicas"):
        number, annotations = history[-1].number + 1, workload.meta.get("annotations") or {}
        since = max(now(), history[-1].created)
        yield Revision(number, "", "", since, template, annotations, stored=workload.template)


def _from_replicaset(raw: Mapping[str, Any], workload: Workload) -> Revision | None:
    meta, status = raw["metadata"], raw.get("status") or {}
    annotations = meta.get("annotations") or {}
    if not annotations.get(REVISION, "").isdecimal():  # not made by the Deployment's controller
        return None
    earlier = annotations.get(EARLIER, "").split(",")
    return Revision(
        int(annotations[REVISION]),
        (meta.get("labels") or {}).get("pod-template-hash", ""),
        meta["name"],
        meta["creationTimestamp"],
        plain(raw["spec"]["template"], workload.template),
        annotations,
        tuple(int(number) for number in earlier if number.isdecimal()),
        status.get("replicas", 0),
        status.get("availableReplicas", 0),
        meta["uid"],
        raw["spec"]["template"],
    )


def _from_controllerrevision(
    raw: Mapping[str, Any], workload: Workload, pods: Objects
) -> Revision | None:
    meta = raw["metadata"]
    template = ((raw.get("data") or {}).get("spec") or {}).get("template")
    if template is None:
        return None
    named = (meta.get("labels") or {}).get("controller.kubernetes.io/hash")
    hash = named or meta["name"].rpartition("-")[2]
    revision_pods = _labelled(pods, (hash, meta["name"]))
    return Revision(
        raw["revision"],
        hash,
        meta["name"],
        meta["creationTimestamp"],
        plain(template, workload.template),
        meta.get("annotations") or {},
        pods=len(revision_pods),
        available=sum(map(is_ready, revision_pods)),
        uid=meta["uid"],
        stored=template,
    )


def _labelled(pods: Objects, values: tuple[str, str]) -> list[Mapping[str, Any]]:
    """A StatefulSet's pods carry the revision's name, a DaemonSet's its hash."""
    return [
        pod
        for pod in pods
        if (pod["metadata"].get("labels") or {}).get("controller-revision-hash") in values
    ]
