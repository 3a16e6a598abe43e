"""Guards, the lock, and the steps in order.

Owners are suspended first; then come the changes, each followed by the deletion of stuck pods.
"""

from __future__ import annotations

from collections.abc import Sequence

from rollback.model import Guard, Lock, Move, Step
from rollback.platforms._cluster import lease, suspend
from rollback.platforms._cluster.connection import identity_guard
from rollback.platforms.kubernetes import live_templates, no_inline_values, waves
from rollback.platforms.kubernetes.details import of
from rollback.platforms.kubernetes.stuck_pods import with_deletions


def guards(moves: Sequence[Move]) -> list[Guard]:
    """Guard the cluster first, then all workloads by one read."""
    if not moves:
        return []
    cluster = identity_guard(moves[0].target.component, of(moves[0].target))
    live = live_templates.guard(moves)
    if no_inline_values.asked(moves):
        return [cluster, *no_inline_values.guards(moves, live)]
    return [cluster, live]


def locks(moves: Sequence[Move]) -> list[Lock]:
    return lease.locks(moves, [of(move.target) for move in moves], steps(moves))


def steps(moves: Sequence[Move]) -> list[Step]:
    if not moves:
        return []
    changes = waves.steps(moves)
    if no_inline_values.asked(moves):
        changes = no_inline_values.steps(moves, changes)
    suspended = suspend.steps(moves, [of(move.target) for move in moves])
    return [*suspended, *with_deletions(moves, changes)]
