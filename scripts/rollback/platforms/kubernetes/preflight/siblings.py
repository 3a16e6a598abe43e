"""What runs the same image and has no history to go back in: CronJobs, Jobs, single pods and single ReplicaSets stay as they are, and are named."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rollback.model import Finding, Move
from rollback.platforms.kubernetes.content import images
from rollback.platforms.kubernetes.kubectl import find
from rollback.shell import Shell

_SHOWN = 5


def findings(moves: Sequence[Move], shell: Shell) -> Iterator[Finding]:
    place = moves[0].target.details
    answers = find(
        shell,
        place,
        *(
            f"/apis/batch/v1/namespaces/{place['namespace']}/{kind}"
            for kind in ("cronjobs", "jobs")
        ),
    )
    ours = {
        image
        for move in moves
        for image in images(move.current.facts["revision"].template).values()
    }
    ours -= {
        image for move in moves for image in images(move.to.facts["revision"].template).values()
    }
    found = {key: image for key, used in _others(moves, answers) for image in used if image in ours}
    if found:
        names = ", ".join(sorted(found)[:_SHOWN]) + (
            f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
        )
        message = f"not rolled back, though they run {', '.join(sorted(set(found.values()))[:3])}, too: {names}"
        yield Finding(
            "note",
            "not-rolled-back",
            message,
            "they have no history: set their image yourself where they must follow",
        )


def _others(
    moves: Sequence[Move], answers: Sequence[Mapping[str, Any] | None]
) -> Iterator[tuple[str, Sequence[str]]]:
    """kind/name and the images that it runs."""
    cronjobs, jobs = ((answer or {}).get("items") or [] for answer in answers)
    for one in cronjobs:
        yield (
            f"cronjob/{one['metadata']['name']}",
            list(images(one["spec"]["jobTemplate"]["spec"]["template"]).values()),
        )
    for one in jobs:
        if (one.get("status") or {}).get("active") and not one["metadata"].get("ownerReferences"):
            yield f"job/{one['metadata']['name']}", list(images(one["spec"]["template"]).values())
    seen = moves[0].current.facts.get("seen")
    for kind, one in seen.loose if seen else ():
        yield f"{kind}/{one['metadata']['name']}", _used(one)


def _used(one: Mapping[str, Any]) -> list[str]:
    """Of a ReplicaSet what it asks for; of a pod, whose spec is not read, what it runs."""
    if template := (one.get("spec") or {}).get("template"):
        return list(images(template).values())
    return [
        container.get("image", "")
        for container in (one.get("status") or {}).get("containerStatuses") or ()
    ]
