"""What has to hold before a release is rolled back, and what will not stay as it is left."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rollback.errors import RollbackError
from rollback.model import Finding, Move
from rollback.platforms.helm.preflight import (
    around,
    difference,
    downtime,
    drift,
    foreign,
    hooks,
    immutable,
    live,
    pending,
    rights,
    served,
    trial,
)
from rollback.platforms.helm.preflight.pair import Pair, pair
from rollback.platforms.kubernetes import lease
from rollback.platforms.kubernetes.kubectl import find
from rollback.shell import Shell


def preflight(moves: Sequence[Move], shell: Shell) -> Iterable[Finding]:
    if not moves:
        return
    place = moves[0].target.details
    yield from lease.findings(moves, find(shell, place, lease.path(place["namespace"]))[0])
    yield from rights.findings(moves, shell)
    for move in moves:
        try:
            both = pair(move)
        except RollbackError as error:
            yield Finding(
                "blocker", error.code, f"release {move.target.app}: {error.message}", error.fix
            )
            continue
        yield from _of_release(both, shell)


def _of_release(both: Pair, shell: Shell) -> Iterable[Finding]:
    there = live.read(shell, both.place, [*both.now, *both.then])
    yield from pending.findings(both)
    yield from difference.findings(both)
    yield from immutable.findings(both, there)
    yield from foreign.findings(both, shell)
    yield from hooks.findings(both)
    yield from drift.findings(both, there)
    yield from downtime.findings(both, there)
    yield from around.findings(both, there, shell)
    yield from served.findings(both, shell)
    yield from trial.findings(both, shell)
