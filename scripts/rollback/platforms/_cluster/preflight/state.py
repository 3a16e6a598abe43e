"""The state of a workload: paused, rollout in flight, strategies that replace no pod, tags."""

from __future__ import annotations

from collections.abc import Iterator

from rollback.model import Finding
from rollback.platforms._cluster.changes import WorkloadChange
from rollback.platforms._cluster.content import images
from rollback.platforms._cluster.workloads import Workload

_DIGESTS = "deploy images by digest or by an immutable tag"


def findings(change: WorkloadChange) -> Iterator[Finding]:
    yield from _paused(change.workload)
    yield from _in_flight(change.workload)
    yield from _strategy(change.workload)
    yield from _tags(change)


def _paused(workload: Workload) -> Iterator[Finding]:
    if workload.raw["spec"].get("paused"):
        message = f"{workload.key} is paused: a change would not roll out"
        fix = f"kubectl rollout resume {workload.key}, then plan again"
        yield Finding("blocker", "paused", message, fix)


def _in_flight(workload: Workload) -> Iterator[Finding]:
    status = workload.raw.get("status") or {}
    if status.get("observedGeneration", 0) < workload.meta.get("generation", 0):
        message = f"{workload.key} was changed a moment ago: its controller has not caught up"
        yield Finding("warning", "deploy-in-flight", message, "find out who is deploying")
        return
    conditions = {item["type"]: item for item in status.get("conditions") or ()}
    progressing = conditions.get("Progressing", {})
    complete = progressing.get("reason") == "NewReplicaSetAvailable"
    if workload.kind == "deployment" and progressing.get("status") == "True" and not complete:
        since = progressing.get("lastUpdateTime", "?")
        rollout = f"the rollout of {workload.key} is unfinished (last progress {since})"
        message = f"{rollout}; rolling back ends it"
        yield Finding("note", "rollout-unfinished", message)


def _strategy(workload: Workload) -> Iterator[Finding]:
    strategy = workload.raw["spec"].get("updateStrategy") or {}
    if strategy.get("type") == "OnDelete":
        strategy_text = f"{workload.key} has strategy OnDelete"
        message = f"{strategy_text}: no pod is replaced until somebody deletes it"
        delete = f"kubectl delete pod -l <selector of {workload.name}>"
        fix = f"afterwards delete its pods one by one: {delete}"
        yield Finding("warning", "on-delete", message, fix)
    if partition := (strategy.get("rollingUpdate") or {}).get("partition"):
        partition_text = f"{workload.key} has partition {partition}"
        message = f"{partition_text}: pods below that number stay as they are"
        yield Finding("warning", "partition", message, "lower it to roll them back, too")


def _tags(change: WorkloadChange) -> Iterator[Finding]:
    """Report tags that may have moved: the same tag may pull a newer image."""
    before, after = images(change.before.template), images(change.after.template)
    tagged = {name: image for name, image in after.items() if "@" not in image}
    same = sorted({image for name, image in tagged.items() if before.get(name) == image})
    moving = [image for image in tagged.values() if _moves(image)]
    if before == after and same:
        names = f"{change.workload.key}: both revisions name {', '.join(same)}"
        message = f"{names}; only settings differ, and a tag pulls the image it points to today"
        yield Finding("warning", "mutable-tag", message, _DIGESTS)
    elif moving:
        tags = f"{change.workload.key}: {', '.join(moving)}"
        message = f"{tags} is a mutable tag: it may point to a newer image by now"
        yield Finding("warning", "mutable-tag", message, _DIGESTS)


def _moves(image: str) -> bool:
    return image.rpartition(":")[2] in ("latest", image)
