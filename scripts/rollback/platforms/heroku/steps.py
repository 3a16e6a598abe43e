"""One step: Heroku makes a new release of the code and the config of an older one."""

from __future__ import annotations

from collections.abc import Sequence
from shlex import join

from rollback.model import Command, Move, Probe, Step, Undo
from rollback.platforms.heroku import details
from rollback.platforms.heroku.details import Side
from rollback.platforms.heroku.guards import call, live

SECONDS = 900.0  # the release phase of the target runs within it


def steps(moves: Sequence[Move]) -> list[Step]:
    return [_roll_back(move) for move in moves]


def _roll_back(move: Move) -> Step:
    source, goal = details.sides(move)
    app, serving = move.target.app, live(move)
    return Step(
        id=f"{move.id}.rollback",
        title=f"Roll back {app} to {goal.names[0]}",
        do=_change(move, source, goal),
        proof=Probe(serving, goal.line),
        undo=Undo(
            f"Return {app} to {source.names[0]}",
            _change(move, goal, source),
            Probe(serving, source.line),
        ),
        moves=(move.id,),
        deadline=SECONDS,
        looks_back=True,
    )


def _change(move: Move, source: Side, goal: Side) -> Command:
    facts = details.of(move.target)
    words = [
        *("--api", facts.api, "--app", facts.app, "--release", goal.id),
        *("--from", " ".join((source.code, *source.names))),
        *("--to", " ".join((goal.code, *goal.names))),
        *(("--dead", " ".join(facts.dead)) if facts.dead else ()),
    ]
    typed = join(("heroku", "rollback", goal.names[0], "--app", facts.app))
    return call("heroku_roll_back", *words, by_hand=typed)
