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
    """Begin to connect before checks() reads."""
    if moves:
        proxy.start(shell, of(moves[0].target).context)


def checks(moves: Sequence[Move], shell: Shell) -> Iterable[Check]:
    """Return one for each workload. Raises Unreadable."""
    if not moves:
        return []
    workloads = [of(move.target).workload for move in moves]
    planned = [shape for move in moves for shape in of(move.target).pods]
    return cluster.checks(of(moves[0].target), workloads, shell, _just_read(moves[0]), planned)


def _just_read(move: Move) -> NamespaceState | None:
    """Return what the plan has just read; None when it is too old, or the plan was loaded."""
    release_facts = move.current.facts
    state = release_facts.state if isinstance(release_facts, Facts) else None
    return state if state and time.monotonic() - state.at < FRESH else None
