"""The workloads that move, as the cluster sees them now."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence

from rollback.model import Check, Move
from rollback.platforms._cluster import checks as cluster
from rollback.platforms._cluster import proxy
from rollback.platforms._cluster.namespace import NamespaceState
from rollback.platforms.kubernetes.details import Facts, of
from rollback.shell import Shell

FRESH = 15.0  # seconds for which what the plan has just read need not be read again


def prepare(moves: Sequence[Move], shell: Shell) -> None:
    """Begin to connect: checks will read soon."""
    if moves:
        proxy.start(shell, of(moves[0].target).context)


def checks(moves: Sequence[Move], shell: Shell) -> Iterable[Check]:
    """One for each workload. Raises Unreadable."""
    if not moves:
        return []
    workloads = [of(move.target).workload for move in moves]
    return cluster.checks(of(moves[0].target), workloads, shell, _just_read(moves[0]))


def _just_read(move: Move) -> NamespaceState | None:
    """None once a plan is loaded, or when its reads are too old."""
    known = move.current.facts
    state = known.state if isinstance(known, Facts) else None
    return state if state and time.monotonic() - state.at < FRESH else None
