"""What must be unchanged before a rollback: the site, its published deploy, and its lock."""

from __future__ import annotations

from collections.abc import Sequence

from rollback.model import Command, Guard, Line, Move
from rollback.platforms.netlify import details
from rollback.platforms.netlify.login import VARIABLE


def guards(moves: Sequence[Move]) -> list[Guard]:
    return [
        guard for move in moves for guard in (_identity(move), _published(move), _publishing(move))
    ]


def call(function: str, move: Move, *words: str, by_hand: str = "") -> Command:
    facts = details.of(move.target)
    place = ("--api", facts.api, "--site", facts.id)
    return Command((function, *place, *words), variables=(VARIABLE,), by_hand=by_hand, timeout=120)


def published(move: Move) -> Command:
    """Return the command that prints the id of the published deploy."""
    return call("netlify_published", move)


def _identity(move: Move) -> Guard:
    facts = details.of(move.target)
    line = f"{facts.id} of account {facts.account}"
    return Guard(
        id=f"{move.id}.site",
        subject=f"the Netlify site {facts.app}",
        command=call("netlify_identity", move),
        lines=(Line(line, line),),
    )


def _published(move: Move) -> Guard:
    facts = details.of(move.target)
    return Guard(
        id=f"{move.id}.published",
        subject=f"the published deploy of {facts.app}",
        command=published(move),
        lines=(Line(facts.source, facts.goal, move.id),),
    )


def _publishing(move: Move) -> Guard:
    """Between the steps of a run, what the run itself left reads as not yet done."""
    facts = details.of(move.target)
    words = ("--from", facts.source, "--to", facts.goal)
    lines = ("--before", facts.before, "--after", facts.after)
    return Guard(
        id=f"{move.id}.automatic",
        subject=f"automatic publishing of {facts.app}",
        command=call("netlify_automatic", move, *words, *lines),
        lines=(Line(facts.before, facts.after, move.id),),
    )
