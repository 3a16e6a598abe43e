"""What must be unchanged before a rollback: which app it is, and its live release."""

from __future__ import annotations

from collections.abc import Sequence

from rollback.model import Command, Guard, Line, Move
from rollback.platforms.heroku import details
from rollback.platforms.heroku.client import VARIABLE


def guards(moves: Sequence[Move]) -> list[Guard]:
    return [guard for move in moves for guard in (_identity(move), _live(move))]


def live(move: Move) -> Command:
    """Return the command that prints the line of the release that serves."""
    facts, (source, goal) = details.of(move.target), details.sides(move)
    sides = ("--from", *_words(source), "--to", *_words(goal))
    return call("heroku_live", "--api", facts.api, "--app", facts.app, *sides)


def call(function: str, *words: str, by_hand: str = "") -> Command:
    return Command((function, *words), variables=(VARIABLE,), by_hand=by_hand, timeout=120)


def _words(side: details.Side) -> tuple[str]:
    """Return a side as one word: its code, then its names."""
    return (" ".join((side.code, *side.names)),)


def _identity(move: Move) -> Guard:
    facts = details.of(move.target)
    return Guard(
        id=f"{move.id}.app",
        subject=f"the Heroku app {facts.app}",
        command=call("heroku_app", "--api", facts.api, "--app", facts.app),
        lines=(Line(facts.id, facts.id),),
    )


def _live(move: Move) -> Guard:
    source, goal = details.sides(move)
    return Guard(
        id=f"{move.id}.live",
        subject=f"the live release of {move.target.app}",
        command=live(move),
        lines=(Line(source.line, goal.line, move.id),),
    )
