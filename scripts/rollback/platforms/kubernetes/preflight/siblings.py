"""Objects that run the same image and have no history to roll back in.

CronJobs, Jobs, single pods and single ReplicaSets stay as they are, and are reported.
"""

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
    replaced = _left_images(moves)
    image_by_sibling = {
        key: image for key, used in _siblings(moves, shell) for image in used if image in replaced
    }
    if image_by_sibling:
        names = ", ".join(sorted(set(image_by_sibling.values()))[:3])
        siblings = listed(sorted(image_by_sibling), _SHOWN)
        message = f"not rolled back, although they run {names}, too: {siblings}"
        fix = "they have no history: set their image yourself if they must match"
        yield Finding("note", "not-rolled-back", message, fix)


def _left_images(moves: Sequence[Move]) -> set[str]:
    """Return the images that the moves replace."""
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
    """Return the images in the spec of a ReplicaSet, or in the status of a pod."""
    if template := (raw.get("spec") or {}).get("template"):
        return list(images(template).values())
    statuses = (raw.get("status") or {}).get("containerStatuses") or ()
    return [container.get("image", "") for container in statuses]
