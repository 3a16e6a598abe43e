"""What the cluster itself says against a revision: never available, rolled back from, its pods' events. The API keeps no verdict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import Struct

from rollback.platforms._cluster.namespace import NamespaceState
from rollback.platforms._cluster.revisions import Revision
from rollback.platforms._cluster.workloads import Workload

UNHEALTHY, LEFT, SAME = "unhealthy-evidence", "rolled-back-from", "same-content"


class Doubt(Struct, frozen=True):
    """Why a revision is no candidate; `code` is a skip code, or "rolled-back-from"."""

    code: str
    reason: str


def doubts(workload: Workload, state: NamespaceState) -> dict[int, Doubt]:
    """Revision number -> the strongest doubt about it. Of the live revision there is none."""
    known = state.revisions(workload)
    serving = state.live(workload)
    messages = _messages(workload, known, state)
    found = {}
    for revision in known:
        doubt = _doubt(revision, workload, known, serving, messages)
        if doubt is not None:
            found[revision.number] = doubt
    return found


def never_served(workload: Workload, state: NamespaceState) -> list[tuple[Revision, str]]:
    """Revisions that never served, and why."""
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


def _doubt(
    revision: Revision,
    workload: Workload,
    known: Sequence[Revision],
    serving: Revision | None,
    messages: Mapping[str, Sequence[str]],
) -> Doubt | None:
    if serving is None or revision.number == serving.number:
        return None
    if revision.same(serving):
        return Doubt(SAME, "differs from the live revision by a restart only")
    if doubt := _left(revision, known):
        return doubt
    reason = (
        _never_completed(workload, revision, known)
        or _never_available(workload, revision, known)
        or _reported(revision, messages)
    )
    return Doubt(UNHEALTHY, reason) if reason else None


def _left(revision: Revision, known: Sequence[Revision]) -> Doubt | None:
    """The next revision is older content: somebody rolled back from this one (numbers move, creation times stay)."""
    for other in known:
        if other.number == revision.number + 1 and other.created < revision.created:
            return Doubt(LEFT, f"was rolled back from: revision {other.number} is older content")
    return None


def _never_completed(workload: Workload, revision: Revision, known: Sequence[Revision]) -> str:
    """A rollout that completes leaves no pod of an older revision; while one serves, nothing newer ever completed."""
    strategy = workload.raw["spec"].get("updateStrategy") or {}
    partition = (strategy.get("rollingUpdate") or {}).get("partition")
    if revision.available or strategy.get("type") == "OnDelete" or partition:
        return ""  # with these strategies old pods stay by intent
    for other in reversed(known):
        if other.number < revision.number and other.available:
            return f"its rollout never completed: revision {other.number} still serves"
    return ""


def _never_available(workload: Workload, revision: Revision, known: Sequence[Revision]) -> str:
    conditions = (workload.raw.get("status") or {}).get("conditions") or ()
    since = next(
        (
            each["lastTransitionTime"]
            for each in conditions
            if each["type"] == "Available" and each["status"] == "False"
        ),
        None,
    )
    first = known[0].number == revision.number and not revision.earlier
    if since is None or first or revision.created < since:
        return ""
    return f"never served: nothing was available from {since} on"


def _reported(revision: Revision, messages: Mapping[str, Sequence[str]]) -> str:
    failures = messages.get(revision.name)
    if not failures or revision.available:
        return ""
    return f"its pods failed within the hour: {failures[-1]}"


def _messages(
    workload: Workload, known: Sequence[Revision], state: NamespaceState
) -> Mapping[str, Sequence[str]]:
    """Revision name -> what its pods reported. Pods of StatefulSets and DaemonSets carry their revision as a label, not in their name."""
    if workload.kind == "deployment":
        return state.events_by_pod
    names = {word: revision.name for revision in known for word in (revision.hash, revision.name)}
    found: dict[str, list[str]] = {}
    for pod in state.pods.get(workload.meta["uid"], ()):
        label = (pod["metadata"].get("labels") or {}).get("controller-revision-hash", "")
        messages = state.events_by_pod.get(pod["metadata"]["name"], ())
        found.setdefault(names.get(label, ""), []).extend(messages)
    return found
