"""What runs the same image and has no history to roll back in: CronJobs, Jobs, single pods and single ReplicaSets stay as they are, and are named."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rollback.model import Finding, Move
from rollback.platforms._cluster.content import images
from rollback.platforms._cluster.kubectl import find
from rollback.platforms._cluster.names import listed
from rollback.platforms.kubernetes.details import facts, of
from rollback.shell import Shell

Object = Mapping[str, Any]
Sibling = tuple[str, list[str]]  # kind/name and the images that it runs
_SHOWN = 5


def findings(moves: Sequence[Move], shell: Shell) -> Iterator[Finding]:
    left = _left_images(moves)
    same = {key: image for key, used in _siblings(moves, shell) for image in used if image in left}
    if same:
        names = ", ".join(sorted(set(same.values()))[:3])
        message = f"not rolled back, though they run {names}, too: {listed(sorted(same), _SHOWN)}"
        fix = "they have no history: set their image yourself where they must follow"
        yield Finding("note", "not-rolled-back", message, fix)


def _left_images(moves: Sequence[Move]) -> set[str]:
    """Images that the moves leave."""
    ends = [(facts(move.current).revision, facts(move.to).revision) for move in moves]
    current = {image for revision, _ in ends for image in images(revision.template).values()}
    return current - {image for _, revision in ends for image in images(revision.template).values()}


def _siblings(moves: Sequence[Move], shell: Shell) -> Iterator[Sibling]:
    location = of(moves[0].target)
    base = f"/apis/batch/v1/namespaces/{location.namespace}"
    answers = find(shell, location, f"{base}/cronjobs", f"{base}/jobs")
    cronjobs, jobs = ((answer or {}).get("items") or [] for answer in answers)
    yield from map(_cronjob, cronjobs)
    yield from (_job(raw) for raw in jobs if _runs_alone(raw))
    state = facts(moves[0].current).state
    for kind, raw in state.loose if state else ():
        yield f"{kind}/{raw['metadata']['name']}", _used(raw)


def _cronjob(raw: Object) -> Sibling:
    template = raw["spec"]["jobTemplate"]["spec"]["template"]
    return f"cronjob/{raw['metadata']['name']}", list(images(template).values())


def _job(raw: Object) -> Sibling:
    return f"job/{raw['metadata']['name']}", list(images(raw["spec"]["template"]).values())


def _runs_alone(job: Object) -> bool:
    active = (job.get("status") or {}).get("active")
    return bool(active) and not job["metadata"].get("ownerReferences")


def _used(raw: Object) -> list[str]:
    """What a ReplicaSet asks for; what a pod, whose spec is not read, runs."""
    if template := (raw.get("spec") or {}).get("template"):
        return list(images(template).values())
    statuses = (raw.get("status") or {}).get("containerStatuses") or ()
    return [container.get("image", "") for container in statuses]
