"""When a revision began to serve and for how long, from creation times: numbers move when somebody rolls back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rollback.clock import seconds_between
from rollback.platforms._cluster.revisions import Revision
from rollback.platforms._cluster.workloads import Workload


def began(known: Sequence[Revision], workload: Workload) -> dict[int, str]:
    """Revision number -> when it last took over. Rolled back to: not before the revision that it replaced."""
    found: dict[int, str] = {}
    latest = ""
    for revision in known:
        latest = max(latest, revision.created)
        found[revision.number] = latest
    if known and (known[-1].earlier or known[-1].created < latest):
        found[known[-1].number] = max(latest, _last_progress(workload))
    return found


def served(
    revision: Revision, known: Sequence[Revision], began: Mapping[int, str], now: str
) -> float:
    """Seconds of service: from its creation to the next creation, and again since it was rolled back to. Pods that serve still count."""
    if revision.available:
        return _seconds(revision.created, now)
    later = [other.created for other in known if other.created > revision.created]
    first = _seconds(revision.created, min(later, default=now))
    again = began[revision.number]
    if again <= revision.created:
        return first
    newer = [began[other.number] for other in known if other.number > revision.number]
    return first + _seconds(again, newer[0] if newer else now)


def _last_progress(workload: Workload) -> str:
    """When the current rollout last made progress: for a revision rolled back to, the only trace of when."""
    for each in (workload.raw.get("status") or {}).get("conditions") or ():
        if each["type"] == "Progressing":
            return str(each.get("lastUpdateTime") or "")
    return ""


def _seconds(start: str, end: str) -> float:
    return max(seconds_between(start, end), 0.0)
