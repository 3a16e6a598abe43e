"""Evidence against a revision: it never served, was rolled back from, or its pods failed.

The API keeps no verdict of its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct

from rollback.platforms._cluster.namespace import NamespaceState
from rollback.platforms._cluster.revisions import Revision, is_ready
from rollback.platforms._cluster.workloads import Workload, unavailable_since

UNHEALTHY, LEFT, SAME = "unhealthy-evidence", "rolled-back-from", "same-content"


class Doubt(Struct, frozen=True):
    """Why a revision is no candidate; `code` is a skip code, or "rolled-back-from"."""

    code: str
    reason: str


def doubts(workload: Workload, state: NamespaceState) -> dict[int, Doubt]:
    """Return revision number -> the strongest doubt about it; none about the live revision."""
    history = state.revisions(workload)
    serving = state.live(workload)
    messages = _messages(workload, history, state)
    doubt_by_number = {}
    for revision in history:
        doubt = _doubt(revision, workload, history, serving, messages)
        if doubt is not None:
            doubt_by_number[revision.number] = doubt
    return doubt_by_number


def never_served(workload: Workload, state: NamespaceState) -> list[tuple[Revision, str]]:
    """Return the revisions that never served, and why."""
    reasons = {
        number: doubt.reason
        for number, doubt in doubts(workload, state).items()
        if doubt.code == UNHEALTHY
    }
    return [
        (revision, reasons[revision.number])
        for revision in state.revisions(workload)
        if revision.number in reasons
    ]


def serving_well(pods: Sequence[Mapping[str, Any]]) -> str:
    """Return what ready pods without a restart show of a revision; empty when there are none."""
    ready = [pod for pod in pods if is_ready(pod)]
    if not ready or any(map(_restarted, ready)):
        return ""
    return f"{len(ready)} of its pods ready now" if len(ready) > 1 else "a pod of it is ready now"


def _restarted(pod: Mapping[str, Any]) -> bool:
    statuses = (pod.get("status") or {}).get("containerStatuses") or ()
    return any(container.get("restartCount") for container in statuses)


def _doubt(
    revision: Revision,
    workload: Workload,
    history: Sequence[Revision],
    serving: Revision | None,
    messages: Mapping[str, Sequence[str]],
) -> Doubt | None:
    if serving is None or revision.number == serving.number:
        return None
    if revision.same(serving):
        return Doubt(SAME, "only a restart sets it apart from live")
    if doubt := _left(revision, history):
        return doubt
    reason = (
        _never_completed(workload, revision, history)
        or _never_available(workload, revision, history)
        or _reported(revision, messages)
    )
    return Doubt(UNHEALTHY, reason) if reason else None


def _left(revision: Revision, history: Sequence[Revision]) -> Doubt | None:
    """Doubt a revision whose successor has older content: somebody rolled back from it.

    Numbers move when somebody rolls back; creation times stay.
    """
    for other in history:
        if other.number == revision.number + 1 and other.created < revision.created:
            return Doubt(LEFT, f"was rolled back from: revision {other.number} has older content")
    return None


def _never_completed(workload: Workload, revision: Revision, history: Sequence[Revision]) -> str:
    """Return why the rollout of this revision never completed, empty when it may have.

    A completed rollout leaves no pod of an older revision.
    """
    strategy = workload.raw["spec"].get("updateStrategy") or {}
    partition = (strategy.get("rollingUpdate") or {}).get("partition")
    if revision.available or strategy.get("type") == "OnDelete" or partition:
        return ""  # with these strategies old pods stay by intent
    for other in reversed(history):
        if other.number < revision.number and other.available:
            return f"its rollout never completed: revision {other.number} is still serving"
    return ""


def _never_available(workload: Workload, revision: Revision, history: Sequence[Revision]) -> str:
    since = unavailable_since(workload)
    first = history[0].number == revision.number and not revision.earlier
    if not since or first or revision.created < since:
        return ""
    return f"never served: no pod has been available since {since}"


def _reported(revision: Revision, messages: Mapping[str, Sequence[str]]) -> str:
    failures = messages.get(revision.name)
    if not failures or revision.available:
        return ""
    return f"its pods failed within the last hour: {failures[-1]}"


def _messages(
    workload: Workload, history: Sequence[Revision], state: NamespaceState
) -> Mapping[str, Sequence[str]]:
    """Return revision name -> what its pods reported.

    Pods of StatefulSets and DaemonSets carry their revision as a label, not in their name.
    """
    if workload.kind == "deployment":
        return state.events_by_pod
    names = {word: revision.name for revision in history for word in (revision.hash, revision.name)}
    messages_by_revision: dict[str, list[str]] = {}
    for pod in state.pods.get(workload.meta["uid"], ()):
        label = (pod["metadata"].get("labels") or {}).get("controller-revision-hash", "")
        messages = state.events_by_pod.get(pod["metadata"]["name"], ())
        messages_by_revision.setdefault(names.get(label, ""), []).extend(messages)
    return messages_by_revision
