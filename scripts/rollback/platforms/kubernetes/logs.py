"""What the pods of the workloads that move have logged."""

from __future__ import annotations

from collections.abc import Sequence

from rollback.model import Move
from rollback.platforms._cluster.logs import of_workloads
from rollback.platforms.kubernetes.details import of
from rollback.shell import Shell


def logs(moves: Sequence[Move], seconds: int, shell: Shell) -> list[str]:
    names = [of(move.target).workload for move in moves]
    return of_workloads(of(moves[0].target), names, seconds, shell)
