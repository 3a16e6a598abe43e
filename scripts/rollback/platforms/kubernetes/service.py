"""When a revision began to serve and for how long, from creation times: numbers move when somebody goes back."""

from __future__ import annotations

from datetime import datetime

from rollback.platforms.kubernetes.revisions import Revision
from rollback.platforms.kubernetes.workloads import Workload


def began(known: list[Revision], workload: Workload) -> dict[int, str]:
    """Revision number -> when it last took over. Gone back to: not before the revision that it replaced."""
    found: dict[int, str] = {}
    latest = ""
    for revision in known:
        latest = max(latest, revision.created)
        found[revision.number] = latest
    if known and (known[-1].earlier or known[-1].created < latest):
        found[known[-1].number] = max(latest, _settled(workload))
    return found


def served(revision: Revision, known: list[Revision], took_over: dict[int, str], now: str) -> float:
    """Seconds of service: from its creation to the next creation, and again since it was gone back to. Pods that serve still count."""
    if revision.available:
        return _seconds(revision.created, now)
    first_end = min(
        (other.created for other in known if other.created > revision.created), default=now
    )
    first = _seconds(revision.created, first_end)
    if took_over[revision.number] <= revision.created:
        return first
    after = next(
        (took_over[other.number] for other in known if other.number > revision.number), now
    )
    return first + _seconds(took_over[revision.number], after)


def _settled(workload: Workload) -> str:
    """When the rollout in place last made progress: for a revision gone back to, the only trace of when."""
    conditions = (workload.raw.get("status") or {}).get("conditions") or ()
    return next(
        (
            str(one.get("lastUpdateTime") or "")
            for one in conditions
            if one["type"] == "Progressing"
        ),
        "",
    )


def _seconds(start: str, end: str) -> float:
    span = datetime.fromisoformat(end.replace("Z", "+00:00")) - datetime.fromisoformat(
        start.replace("Z", "+00:00")
    )
    return max(span.total_seconds(), 0.0)
