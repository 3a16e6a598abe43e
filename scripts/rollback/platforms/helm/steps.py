"""The lock, the owners that are suspended, and `helm rollback`, found and proven by content, with an undo found by content too."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rollback.model import Lock, Move, Probe, Step, Undo
from rollback.platforms._cluster import lease, suspend
from rollback.platforms.helm import commands, details, undo
from rollback.platforms.helm.moves import applied, target

ROLLBACK = "rollback"  # the last part of the ids of these steps


def locks(moves: Sequence[Move]) -> list[Lock]:
    """A Lease for each release, for as long as the steps may take."""
    return lease.locks(moves, _details(moves), steps(moves))


def steps(moves: Sequence[Move]) -> list[Step]:
    """Suspend the owners first, then roll back each release."""
    releases = [step for move in moves for step in _of_release(move)]
    return [*suspend.steps(moves, _details(moves)), *releases]


def _details(moves: Sequence[Move]) -> list[details.Details]:
    return [details.of(move.target) for move in moves]


def _of_release(move: Move) -> Iterator[Step]:
    rollback = _rollback(move)
    yield rollback
    if orphans := commands.orphan_commands(move):
        delete, listed = orphans
        yield Step(
            f"{move.id}.leftovers",
            f"Delete what revision {move.to.id} of {move.target.app} does not have, where Helm forgot it",
            delete,
            Probe(listed, ""),
            rollback.undo,
            moves=(move.id,),
            wave=rollback.wave,
            deadline=max(180, rollback.deadline),
        )


def _rollback(move: Move) -> Step:
    forward = commands.roll_back(move, target(move), commands.waiting(move))
    # the source may have been unhealthy: waiting for it would only fail
    reverse = commands.roll_back(move, applied(move), ())
    look = commands.live_releases([move])
    app, possible = move.target.app, _undo_is_possible(move)
    reverse_undo = Undo(
        f"Roll release {app} back to revision {move.current.label}",
        reverse,
        Probe(look, commands.live_line(move, move.current)),
    )
    return Step(
        f"{move.id}.{ROLLBACK}",
        f"Roll release {app} back from revision {move.current.label} to {move.to.label}",
        forward,
        Probe(look, commands.live_line(move, move.to)),
        reverse_undo if possible else None,
        moves=(move.id,),
        wave=details.of(move.target).wave,
        deadline=max(forward.timeout, reverse.timeout),
        irreversible=not possible,
    )


def _undo_is_possible(move: Move) -> bool:
    namespace = details.of(move.target).namespace
    return undo.is_possible(applied(move), target(move), namespace)
