"""How long a rollback may take: as its Deployments say, five minutes where nothing does."""

from __future__ import annotations

from rollback.errors import RollbackError
from rollback.platforms.helm.manifest import Objects, objects, workloads
from rollback.platforms.helm.storage import Revision

DEFAULT = 300  # seconds: Helm's own
LEAST, MOST = 30, 1800
MARGIN = 10  # seconds for everything but the rollout
MARGIN_OF_HELM = 60  # seconds for what Helm does before and after the time it counts

_WAITED_FOR = ("Job", "StatefulSet", "DaemonSet", "PersistentVolumeClaim")


def of_helm(revision: Revision, namespace: str) -> int:
    """Return the seconds for `--timeout`: for everything that Helm waits for."""
    try:
        manifest = objects(revision.manifest, namespace)
    except RollbackError:
        return DEFAULT
    deadlines = _deadlines(manifest)
    known = [seconds for seconds in deadlines if isinstance(seconds, int)]
    without_deadline = bool(revision.hooks) or any(key.kind in _WAITED_FOR for key in manifest)
    if without_deadline or len(known) < len(deadlines):
        known.append(DEFAULT)
    return max(LEAST, min(MOST, max(known, default=LEAST) + MARGIN))


def of_command(revision: Revision, timeout: int, hooks: bool) -> int:
    """Return the seconds of the whole command.

    `--timeout` counts for each hook and again for the wait; started again, Helm runs the hooks
    before its change once more.
    """
    events = revision.hook_events if hooks else ()
    rounds = 1 + 2 * events.count("pre-rollback") + events.count("post-rollback")
    return timeout * rounds + MARGIN_OF_HELM


def _deadlines(manifest: Objects) -> list[object]:
    return [
        workload["spec"].get("progressDeadlineSeconds")
        for key, workload in workloads(manifest)
        if key.kind == "Deployment"
    ]
