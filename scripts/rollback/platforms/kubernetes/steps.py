"""The whole order: the lock, owners suspended, the changes with what frees a stuck set, the lock given back."""

from __future__ import annotations

from collections.abc import Sequence

from rollback.model import Move, Step
from rollback.platforms._cluster import lease, suspend
from rollback.platforms.kubernetes import from_history, stuck, waves


def steps(moves: Sequence[Move]) -> list[Step]:
    if not moves:
        return []
    changes = from_history.steps(moves, waves.steps(moves))
    return lease.around(moves, [*suspend.steps(moves), *stuck.freeing(moves, changes)])
