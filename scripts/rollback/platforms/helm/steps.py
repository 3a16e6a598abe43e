"""Guards, lock and steps: `helm rollback`, found and proven by content, and so is its undo."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rollback.model import Guard, Line, Lock, Move, Probe, Step, Undo
from rollback.platforms._cluster import lease, suspend
from rollback.platforms._cluster.connection import identity_guard
from rollback.platforms.helm import commands, details, on_delete, rollout
from rollback.platforms.helm.client import VERSION
from rollback.platforms.helm.commands import live_line, untouched_release
from rollback.platforms.helm.moves import applied, target
from rollback.platforms.helm.undo import is_possible

ROLLBACK = "rollback"  # the last part of the ids of these steps


def guards(moves: Sequence[Move]) -> list[Guard]:
    """A release whose pod templates were edited after planning also counts as drifted.

    Helm merges other edits.
    """
    if not moves:
        return []
    component, location = moves[0].target.component, details.of(moves[0].target)
    releases = [_release(move, len(moves)) for move in moves]
    return [identity_guard(component, location), _client(moves), *releases]


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
        delete, remaining = orphans
        yield Step(
            f"{move.id}.orphans",
            f"Delete what Helm forgot of {move.target.app}: objects not in revision {move.to.id}",
            delete,
            Probe(remaining, ""),
            rollback.undo,
            moves=(move.id,),
            wave=rollback.wave,
            deadline=max(180, rollback.deadline),
        )
    if wait := rollout.step(move):
        yield wait
    yield from on_delete.steps(move)


def _rollback(move: Move) -> Step:
    app, undo = move.target.app, _undo(move)
    forward = commands.roll_back(move, target(move), commands.waiting(move))
    return Step(
        f"{move.id}.{ROLLBACK}",
        f"Roll release {app} back from revision {move.current.label} to {move.to.label}",
        forward,
        Probe(commands.live_release(move), live_line(move, move.to)),
        undo if _undo_is_possible(move) else None,
        moves=(move.id,),
        wave=details.of(move.target).wave,
        deadline=max(forward.timeout, undo.do.timeout),
        irreversible=not _undo_is_possible(move),
    )


def _undo(move: Move) -> Undo:
    """Roll back to the live revision, without waiting: it may have been unhealthy."""
    return Undo(
        f"Roll release {move.target.app} back to revision {move.current.label}",
        commands.roll_back(move, applied(move), ()),
        Probe(commands.live_release(move), live_line(move, move.current)),
    )


def _undo_is_possible(move: Move) -> bool:
    namespace = details.of(move.target).namespace
    return is_possible(applied(move), target(move), namespace)


def _client(moves: Sequence[Move]) -> Guard:
    version = details.of(moves[0].target).helm
    return Guard(
        f"{moves[0].target.component}.helm",
        "the version of helm",
        VERSION,
        (Line(version, version),),
    )


def _release(move: Move, releases: int) -> Guard:
    return Guard(
        f"{move.id}.release",
        f"the live state of release {move.target.app}",
        untouched_release(move, releases),
        (Line(live_line(move, move.current), live_line(move, move.to), move.id),),
    )
