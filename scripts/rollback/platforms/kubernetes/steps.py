"""The whole order: the lock, owners suspended, the changes, the lock given back."""

from __future__ import annotations

from collections.abc import Sequence

from rollback.model import Move, Step
from rollback.platforms.kubernetes import lease, suspend, waves


def steps(moves: Sequence[Move]) -> list[Step]:
    return lease.around(moves, [*suspend.steps(moves), *waves.steps(moves)] if moves else [])
