"""When a revision began to serve and for how long.

They follow from creation times, since numbers move when somebody rolls back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rollback.clock import seconds_between
from rollback.platforms._cluster.revisions import Revision
from rollback.platforms._cluster.workloads import Workload, condition, unavailable_since


def began(history: Sequence[Revision], workload: Workload) -> dict[int, str]:
    """Return revision number -> when it last took over.

    After a rollback that is not before the revision it replaced.
    """
    began_by_number: dict[int, str] = {}
    latest = ""
    for revision in history:
        latest = max(latest, revision.created)
        began_by_number[revision.number] = latest
    if history and (history[-1].earlier or history[-1].created < latest):
        began_by_number[history[-1].number] = max(latest, _last_progress(workload))
    return began_by_number


def served(
    workload: Workload,
    revision: Revision,
    history: Sequence[Revision],
    began: Mapping[int, str],
    now: str,
) -> float:
    """Return the seconds of service.

    They run from its creation to the next creation, or until no pod was available any more, and
    again since it was rolled back to. A revision that still has serving pods counts until now.
    """
    if revision.available:
        return _seconds(revision.created, now)
    ends = [*(other.created for other in history), unavailable_since(workload)]
    later = [end for end in ends if end > revision.created]
    first = _seconds(revision.created, min(later, default=now))
    again = began[revision.number]
    if again <= revision.created:
        return first
    newer = [began[other.number] for other in history if other.number > revision.number]
    return first + _seconds(again, newer[0] if newer else now)


def _last_progress(workload: Workload) -> str:
    """Return when the current rollout last made progress: the only trace of a rollback's time."""
    return str(condition(workload, "Progressing").get("lastUpdateTime") or "")


def _seconds(start: str, end: str) -> float:
    return max(seconds_between(start, end), 0.0)
