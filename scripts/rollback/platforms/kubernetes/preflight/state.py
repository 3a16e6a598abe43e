"""The workload's own state: paused, a rollout in flight, strategies that replace no pod, tags that move."""

from __future__ import annotations

from collections.abc import Iterator

from rollback.model import Finding, Move
from rollback.platforms.kubernetes import from_history, inline, stuck
from rollback.platforms.kubernetes.content import images
from rollback.platforms.kubernetes.workloads import Workload
from rollback.text import clean


def findings(move: Move) -> Iterator[Finding]:
    workload: Workload = move.current.facts["workload"]
    yield from _paused(workload)
    yield from _in_flight(workload)
    yield from _strategy(workload)
    yield from _stuck(move, workload)
    yield from _tags(move, workload)
    yield from _inline(move, workload)


def _inline(move: Move, workload: Workload) -> Iterator[Finding]:
    if from_history.asked([move]):
        return
    templates = (workload.template, move.to.facts["revision"].template)
    if names := list(dict.fromkeys(name for one in templates for name in inline.suspicious(one))):
        said = clean(", ".join(names[:5]), 200)
        message = f"{workload.key} holds {said} as literal values: they lie in state/ (0600), since the patches hold the template"
        yield Finding(
            "note",
            "inline-values",
            message,
            "delete the run folder when you no longer need the way back; move them into a Secret",
        )


def _paused(workload: Workload) -> Iterator[Finding]:
    if workload.raw["spec"].get("paused"):
        fix = f"kubectl rollout resume {workload.key}, then plan again"
        yield Finding(
            "blocker", "paused", f"{workload.key} is paused: a change would not roll out", fix
        )


def _in_flight(workload: Workload) -> Iterator[Finding]:
    status, generation = workload.raw.get("status") or {}, workload.meta.get("generation", 0)
    conditions = {one["type"]: one for one in status.get("conditions") or ()}
    progressing = conditions.get("Progressing", {})
    if status.get("observedGeneration", 0) < generation:
        message = f"{workload.key} was changed a moment ago: its controller has not caught up"
        yield Finding("warning", "deploy-in-flight", message, "see who is deploying")
    elif (
        workload.kind == "deployment"
        and progressing.get("status") == "True"
        and progressing.get("reason") != "NewReplicaSetAvailable"
    ):
        since = progressing.get("lastUpdateTime", "?")
        yield Finding(
            "note",
            "rollout-unfinished",
            f"the rollout of {workload.key} is unfinished (last progress {since}); going back ends it",
        )


def _strategy(workload: Workload) -> Iterator[Finding]:
    strategy = workload.raw["spec"].get("updateStrategy") or {}
    if strategy.get("type") == "OnDelete":
        fix = f"afterwards delete its pods one by one: kubectl delete pod -l <selector of {workload.name}>"
        yield Finding(
            "warning",
            "on-delete",
            f"{workload.key} has strategy OnDelete: no pod is replaced until somebody deletes it",
            fix,
        )
    if partition := (strategy.get("rollingUpdate") or {}).get("partition"):
        message = (
            f"{workload.key} has partition {partition}: pods below that number stay as they are"
        )
        yield Finding("warning", "partition", message, "lower it if they must follow")


def _stuck(move: Move, workload: Workload) -> Iterator[Finding]:
    if stuck.is_stuck(move):
        number, place = move.current.facts["revision"].number, move.target.details["namespace"]
        message = f"{workload.key} waits for a pod of revision {number} that is not ready, and replaces none before: a step deletes it"
        fix = f"approve that with the plan; its pods: kubectl -n {place} get pods -l {stuck.selector(move)}"
        yield Finding("warning", "statefulset-stuck", message, fix)


def _tags(move: Move, workload: Workload) -> Iterator[Finding]:
    """The same tag names the bytes of today: going back to it may bring nothing back."""
    now, then = (
        images(move.current.facts["revision"].template),
        images(move.to.facts["revision"].template),
    )
    same = sorted(
        {image for name, image in then.items() if "@" not in image and now.get(name) == image}
    )
    if now == then and same:
        message = f"{workload.key}: both revisions name {', '.join(same)}; only settings differ, and a tag brings back the bytes it names today"
        yield Finding(
            "warning",
            "mutable-tag",
            message,
            "deploy images by digest or by a tag that never moves",
        )
    elif latest := [
        image
        for image in then.values()
        if "@" not in image and image.rpartition(":")[2] in ("latest", image)
    ]:
        message = (
            f"{workload.key}: {', '.join(latest)} is a tag that moves: its bytes may be today's"
        )
        yield Finding(
            "warning",
            "mutable-tag",
            message,
            "deploy images by digest or by a tag that never moves",
        )
