"""One step: Vercel moves the production domains to an older deployment. Its undo is a promotion."""

from __future__ import annotations

from collections.abc import Sequence

from rollback.model import Command, Move, Probe, Step, Undo
from rollback.platforms.vercel import by_hand, details
from rollback.platforms.vercel.guards import apart, call, ends, place, served
from rollback.text import clean

SECONDS = 300.0  # Vercel moves hundreds of domains within it
Served = Sequence[tuple[str, str]]  # "production" and domains, each with a deployment


def steps(moves: Sequence[Move]) -> list[Step]:
    return [_roll_back(move) for move in moves]


def _roll_back(move: Move) -> Step:
    known, goal = details.of(move.target), details.sides(move)[1]
    app = move.target.app
    # a request turns it off by itself; without one the script does, and has to prove it
    kept = ("--auto_assign", "off") if goal.id == known.production else ()
    return Step(
        id=f"{move.id}.rollback",
        title=f"Roll back {app} to {goal.id}",
        do=_change(
            "vercel_roll_back", move, goal.id, served(known), by_hand=by_hand.rollback(known)
        ),
        proof=Probe(call("vercel_serving", *_all(move), *kept), goal.id),
        undo=_promote(move),
        moves=(move.id,),
        deadline=SECONDS,
        looks_back=True,
    )


def _promote(move: Move) -> Undo:
    """Return the undo: each domain serves what the plan saw there, auto-assign is as it was."""
    known = details.of(move.target)
    kept = ("--auto_assign", "off" if known.auto_assign is False else "on")
    rest = [f"{domain.name} {domain.deployment}" for domain in known.apart]
    words = (*kept, *apart(known))
    return Undo(
        _back(move),
        _change(
            "vercel_promote",
            move,
            known.production,
            _left(move),
            *words,
            by_hand=by_hand.promotion(known),
        ),
        Probe(call("vercel_serving", *_all(move), *kept), ", ".join((known.production, *rest))),
    )


def _back(move: Move) -> str:
    known, goal = details.of(move.target), details.sides(move)[1]
    rest = [f"{domain.name} to {domain.deployment}" for domain in known.apart]
    promoted = [] if known.production == goal.id else [f"to {known.production}"]
    verb = "Promote" if promoted else "Move"
    return clean(f"{verb} {move.target.app} back {', '.join((*promoted, *rest))}", 200)


def _all(move: Move) -> tuple[str, ...]:
    return (*place(details.of(move.target)), *ends(move))


def _change(function: str, move: Move, to: str, left: Served, *more: str, by_hand: str) -> Command:
    pairs = " ".join(f"{name}={deployment}" for name, deployment in left)
    words = (*_all(move), "--from", pairs, "--deployment", to, *more)
    return call(function, *words, by_hand=by_hand, timeout=SECONDS)


def _left(move: Move) -> Served:
    """Return what each domain may serve before a restore.

    That is the goal, and what the plan saw, where a run which ended half-way has not moved it; and
    what the promotion of a restore that was killed has given it.
    """
    known, goal = details.of(move.target), details.sides(move)[1]
    planned = served(known)
    unmoved = [(name, id) for name, id in planned if id != known.production]
    return [*((name, goal.id) for name, _ in planned), *unmoved]
