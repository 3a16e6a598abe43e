"""What the cluster itself says against a revision: never available, rolled back from, its pods' events. The API keeps no verdict."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rollback.platforms.kubernetes.revisions import Revision
from rollback.platforms.kubernetes.workloads import Workload
from rollback.text import clean

# `Unhealthy` alone marks nothing: good pods leave "connection refused" while they are killed; a status code, repeated, is the application's answer
_BAD_EVENTS = {
    "BackOff",
    "Failed",
    "CrashLoopBackOff",
    "FailedCreatePodContainer",
    "InspectFailed",
    "ErrImageNeverPull",
}
_ANSWERED = re.compile(r"probe failed with statuscode: [45]\d\d")
_OFTEN = 3

Reasons = dict[int, tuple[str, str]]  # revision number -> (skip code, reason)


def against(
    workload: Workload, known: list[Revision], events: Mapping[str, Sequence[str]]
) -> Reasons:
    """Evidence against each revision, strongest first. `events`: revision name -> what its pods reported in the last hour."""
    found: Reasons = {}
    for revision in known:
        never = _never_done(workload, revision, known) or _never_available(
            workload, revision, known
        )
        reason = _left(revision, known) or never or _reported(revision, events)
        if reason:
            found[revision.number] = reason
    return found


def _left(revision: Revision, known: list[Revision]) -> tuple[str, str] | None:
    """The next revision is older content: somebody went back from this one (numbers move, creation times stay)."""
    after = next((other for other in known if other.number == revision.number + 1), None)
    if after and after.created < revision.created:
        return "rolled-back-from", f"was rolled back from: revision {after.number} is older content"
    return None


def _never_done(
    workload: Workload, revision: Revision, known: list[Revision]
) -> tuple[str, str] | None:
    """A rollout that completes leaves no pod of an older revision; while one serves, nothing newer ever completed."""
    strategy = workload.raw["spec"].get("updateStrategy") or {}
    if strategy.get("type") == "OnDelete" or (strategy.get("rollingUpdate") or {}).get("partition"):
        return None  # here old pods stay by intent
    older = next(
        (other for other in reversed(known) if other.number < revision.number and other.available),
        None,
    )
    if older and not revision.available:
        return (
            "unhealthy-evidence",
            f"its rollout never completed: revision {older.number} still serves",
        )
    return None


def _never_available(
    workload: Workload, revision: Revision, known: list[Revision]
) -> tuple[str, str] | None:
    conditions = (workload.raw.get("status") or {}).get("conditions") or ()
    gone = next(
        (one for one in conditions if one["type"] == "Available" and one["status"] == "False"), None
    )
    first = known[0].number == revision.number and not revision.earlier
    if gone and not first and revision.created >= gone["lastTransitionTime"]:
        return (
            "unhealthy-evidence",
            f"never served: nothing was available from {gone['lastTransitionTime']} on",
        )
    return None


def _reported(revision: Revision, events: Mapping[str, Sequence[str]]) -> tuple[str, str] | None:
    said = events.get(revision.name)
    if said and not revision.available:
        return "unhealthy-evidence", f"its pods failed within the hour: {said[-1]}"
    return None


def failures(events: Iterable[Mapping[str, Any]]) -> dict[str, list[str]]:
    """Warning events that speak against a revision, by pod, and by the ReplicaSet that a pod's name tells: also for pods that are gone."""
    found: dict[str, list[str]] = {}
    for event in events:
        about = event.get("involvedObject") or {}
        if about.get("kind") == "Pod" and _speaks(event):
            pod = about.get("name", "")
            for name in (
                pod,
                pod.rpartition("-")[0],
            ):  # pods of a ReplicaSet are called <replicaset>-<5 letters>
                found.setdefault(name, []).append(
                    f"{event['reason']}: {clean(event.get('message') or '', 100)}"
                )
    return found


def _speaks(event: Mapping[str, Any]) -> bool:
    count = event.get("count") or (event.get("series") or {}).get("count") or 1
    return event.get("reason") in _BAD_EVENTS or (
        count >= _OFTEN and bool(_ANSWERED.search(event.get("message") or ""))
    )
