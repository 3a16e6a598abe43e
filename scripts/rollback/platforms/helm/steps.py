"""The whole order: the lock, owners suspended, the releases one after the other, the lock given back."""

from __future__ import annotations

from collections.abc import Sequence

from rollback.model import Move, Step
from rollback.platforms.helm import change
from rollback.platforms._cluster import lease, suspend


def steps(moves: Sequence[Move]) -> list[Step]:
    if not moves:
        return []
    return lease.around(moves, [*suspend.steps(moves), *change.steps(moves)])
