"""How long a rollback may take: as long as its own Deployments say, five minutes where nobody says."""

from __future__ import annotations

from rollback.errors import RollbackError
from rollback.platforms.helm.manifest import objects, workloads
from rollback.platforms.helm.storage import Stored

USUAL = 300  # Helm's own default
LEAST, MOST = 30, 1800
ROOM = 10  # seconds for what is not a rollout
ROOM_AROUND = 60  # for what Helm does before and after it


def seconds(release: Stored, namespace: str) -> int:
    """For `--timeout`: of all that Helm waits for."""
    try:
        found = objects(release.manifest, namespace)
    except RollbackError:
        return USUAL
    others = any(
        key[1] in ("Job", "StatefulSet", "DaemonSet", "PersistentVolumeClaim") for key in found
    ) or bool(release.hooks)
    deadlines = [
        one["spec"].get("progressDeadlineSeconds")
        for _, one in workloads(found)
        if one["kind"] == "Deployment"
    ]
    known = [limit for limit in deadlines if isinstance(limit, int)]
    if others or len(known) < len(deadlines):
        known.append(USUAL)
    return max(LEAST, min(MOST, max(known, default=LEAST) + ROOM))


def altogether(release: Stored, limit: int, hooks: bool) -> int:
    """`--timeout` counts for each hook and again for the wait; started again, Helm runs the hooks before its change once more."""
    events = (
        [event for hook in release.hooks for event in hook.get("events") or ()] if hooks else []
    )
    return (
        limit * (1 + 2 * events.count("pre-rollback") + events.count("post-rollback")) + ROOM_AROUND
    )
