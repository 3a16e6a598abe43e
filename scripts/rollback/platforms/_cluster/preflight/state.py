"""The state of a workload: paused, rollout in flight, strategies that replace no pod, tags."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rollback.model import Finding
from rollback.model.image import is_moving
from rollback.platforms._cluster import typed
from rollback.platforms._cluster.changes import WorkloadChange
from rollback.platforms._cluster.content import differences, images
from rollback.platforms._cluster.names import listed
from rollback.platforms._cluster.revisions import is_awaited
from rollback.platforms._cluster.workloads import Workload

_DIGESTS = "deploy images by digest or by an immutable tag"
_OLD_IMAGE = "push the old image under a tag of its own, or deploy it by digest"
_SHOWN = 5  # differences


def findings(change: WorkloadChange) -> Iterator[Finding]:
    yield from _paused(change)
    yield from _in_flight(change.workload)
    yield from _partition(change.workload)
    yield from _tags(change)


def _paused(change: WorkloadChange) -> Iterator[Finding]:
    workload = change.workload
    if not workload.raw["spec"].get("paused"):
        return
    resume = typed.line(change.location, "rollout", "resume", workload.key)
    message = f"{workload.key} is paused: a change would not roll out"
    fix = f"{resume}, then plan again"
    if is_awaited(change.before):
        message = (
            f"{workload.key} is paused, and no pod runs what it asks for, revision"
            f" {change.before.number}: resuming it would roll that out"
        )
        fix = f"apply the manifest of revision {change.after.number} first, then {resume}"
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


def _partition(workload: Workload) -> Iterator[Finding]:
    rolling = (workload.raw["spec"].get("updateStrategy") or {}).get("rollingUpdate") or {}
    if partition := rolling.get("partition"):
        partition_text = f"{workload.key} has partition {partition}"
        message = f"{partition_text}: pods below that number stay as they are"
        yield Finding("warning", "partition", message, "lower it to roll them back, too")


def _tags(change: WorkloadChange) -> Iterator[Finding]:
    """Report tags that may have moved: the same tag may pull a newer image."""
    before, after = images(change.before.template), images(change.after.template)
    tagged = sorted({image for image in after.values() if "@" not in image})
    moving = [image for image in tagged if is_moving(image)]
    if before == after and moving:
        yield _same_tag(change, moving)
    elif before == after and tagged:
        names = f"{change.workload.key}: both revisions name {', '.join(tagged)}"
        message = f"{names}; only settings differ, and a tag pulls the image it points to today"
        yield Finding("warning", "mutable-tag", message, _DIGESTS)
    elif moving:
        tags = f"{change.workload.key}: {', '.join(moving)}"
        message = f"{tags} is a mutable tag: it may point to a newer image by now"
        yield Finding("warning", "mutable-tag", message, _DIGESTS)


def _same_tag(change: WorkloadChange, moving: Sequence[str]) -> Finding:
    """Report what differs besides images; without a difference nothing would be rolled back."""
    names = f"{change.workload.key}: both revisions name {', '.join(moving)}"
    paths = list(differences(change.before.template, change.after.template))
    if not paths:
        message = f"{names} and differ only by a restart: rolling back would change nothing"
        return Finding("blocker", "same-content", message, _OLD_IMAGE)
    message = (
        f"{names}: the image stays what that tag holds now;"
        f" rolling back changes only {listed(paths, _SHOWN)}"
    )
    return Finding("warning", "mutable-tag", message, _OLD_IMAGE)
