"""Workloads scaled to zero: nothing runs, and a rollback starts nothing either."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

import msgspec

from rollback.platforms._cluster.details import Location
from rollback.platforms._cluster.revisions import Revision
from rollback.platforms._cluster.workloads import Workload

_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
_DESIRED = "deployment.kubernetes.io/desired-replicas"  # kept on ReplicaSets that were replaced


def is_zero(workload: Workload) -> bool:
    return not workload.raw["spec"].get("replicas", 1)


def command(location: Location, workload: Workload, history: Sequence[Revision]) -> str:
    """Return the command that starts as many pods as the manifest or the history names."""
    words = ["kubectl", *(("--context", location.context) if location.context else ())]
    words += ["-n", location.namespace, "scale", workload.key]
    return shlex.join([*words, f"--replicas={_replicas(workload, history)}"])


def _replicas(workload: Workload, history: Sequence[Revision]) -> int:
    counts = [revision.annotations.get(_DESIRED, "") for revision in reversed(history)]
    known = [_applied(workload), *(int(count) for count in counts if count.isdecimal())]
    return next((count for count in known if count > 0), 1)


def _applied(workload: Workload) -> int:
    text = (workload.meta.get("annotations") or {}).get(_APPLIED, "")
    try:
        count = msgspec.json.decode(text)["spec"]["replicas"]
    except (msgspec.DecodeError, KeyError, TypeError):
        return 0
    return count if isinstance(count, int) else 0
