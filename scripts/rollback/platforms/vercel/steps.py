"""One step: Vercel moves the production domains to an older deployment. Its undo is a promotion."""

from __future__ import annotations

from collections.abc import Sequence
from shlex import join

from rollback.model import Command, Move, Probe, Step, Undo
from rollback.platforms.vercel import auto_assign, details
from rollback.platforms.vercel.details import Details, Side
from rollback.platforms.vercel.guards import call, ends, place, served

SECONDS = 300.0  # Vercel moves hundreds of domains within it


def steps(moves: Sequence[Move]) -> list[Step]:
    return [_roll_back(move) for move in moves]


def _roll_back(move: Move) -> Step:
    known, (source, goal) = details.of(move.target), details.sides(move)
    app = move.target.app
    kept = "off" if known.auto_assign is False else "on"
    return Step(
        id=f"{move.id}.rollback",
        title=f"Roll back {app} to {goal.id}",
        do=_change("vercel_roll_back", move, goal, by_hand=_rollback_by_hand(known, goal)),
        proof=_serving(move, goal),
        undo=Undo(
            f"Promote {app} back to {source.id}",
            _change(
                "vercel_promote", move, source, kept, by_hand=_promote_by_hand(known, source, kept)
            ),
            _serving(move, source, kept),
        ),
        moves=(move.id,),
        deadline=SECONDS,
    )


def _serving(move: Move, side: Side, auto: str = "") -> Probe:
    """Return the proof that all domains serve it, and that auto-assign is as it was."""
    words = (*place(details.of(move.target)), *ends(move), "--auto_assign", auto)
    return Probe(call("vercel_serving", *words), side.id)


def _change(function: str, move: Move, to: Side, auto: str = "", by_hand: str = "") -> Command:
    left = " ".join(f"{name}={deployment}" for name, deployment in _left(move, to))
    words = [*place(details.of(move.target)), *ends(move), "--from", left, "--deployment", to.id]
    if auto:
        words += ["--auto_assign", auto]
    return call(function, *words, by_hand=by_hand, timeout=SECONDS)


def _left(move: Move, to: Side) -> list[tuple[str, str]]:
    """Return what each domain may serve before it serves `to`.

    A restore also finds domains that a run which ended half-way has not moved.
    """
    (_, goal), planned = details.sides(move), served(details.of(move.target))
    if to.id == goal.id:
        return planned
    unmoved = [(name, deployment) for name, deployment in planned if deployment != to.id]
    return [*((name, goal.id) for name, _ in planned), *unmoved]


def _rollback_by_hand(known: Details, goal: Side) -> str:
    """Return the client's own command; without a deployment it would only print a status."""
    return join(("vercel", "rollback", goal.url or goal.id, "--yes", *details.scope(known.team)))


def _promote_by_hand(known: Details, source: Side, kept: str) -> str:
    scope = details.scope(known.team)
    promoted = auto_assign.promote(source.url or source.id, scope)
    off = auto_assign.switch(known.project, scope, "false")
    return promoted if kept == "on" else f"{promoted} && {off}"
