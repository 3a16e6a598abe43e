"""Whether the cluster lets the pods of the target revisions start."""

from __future__ import annotations

from collections.abc import Sequence

from rollback.model import Move
from rollback.platforms._cluster.changes import WorkloadChange
from rollback.platforms._cluster.preflight import pod_dry_run
from rollback.platforms._cluster.preflight.pod_dry_run import Candidate, Result
from rollback.platforms.kubernetes.details import change
from rollback.shell import Shell


def ask(moves: Sequence[Move], shell: Shell) -> list[Result]:
    return pod_dry_run.ask([_candidate(change(move)) for move in moves], shell)


def _candidate(workload_change: WorkloadChange) -> Candidate:
    workload, after = workload_change.workload, workload_change.after
    return Candidate(
        location=workload_change.location,
        key=workload.key,
        name=workload.name,
        release=f"revision {after.number} of {workload.key}",
        raw=workload.raw,
        template=after.template,
        live=workload_change.before.template,
    )
