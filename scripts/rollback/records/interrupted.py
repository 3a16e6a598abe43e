"""What runs of this project had begun and never ended, though nothing of them lives any more: the lock is theirs as long as a process is."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct

from rollback.records import lock
from rollback.records import run
from rollback.errors import Locked, Usage
from rollback.model import Move, Plan, Target


class Begun(Struct, frozen=True):
    """`at`: when each of its starts began the step (UTC, ISO 8601 with Z)."""

    run: str
    move: Move
    at: tuple[str, ...]


def steps(project: Path, target: Target, step: str) -> Iterator[Begun]:
    """Newest first: runs that were killed or failed in the step of this id, of the same target. None while any run is at work."""
    try:
        lock.look(project)
    except Locked:
        return
    for folder in reversed(run.folders(project)):
        if run.state(folder) in ("unfinished", "abandoned"):
            yield from _of_run(folder, target, step)


def _of_run(folder: Path, target: Target, step: str) -> Iterator[Begun]:
    lines = [line for line in run.journal(folder) if line.step == step]
    try:
        made = run.load_plan(folder) if lines and lines[-1].event != "done" else None
    except Usage:
        return
    for move in _moves(made, target, step) if made else ():
        yield Begun(folder.name, move, tuple(line.at for line in lines if line.event == "start"))


def _moves(made: Plan, target: Target, step: str) -> Iterator[Move]:
    named = {number for one in made.steps if one.id == step for number in one.moves}
    ours = (move for number, move in enumerate(made.moves) if number in named)
    yield from (
        move for move in ours if (move.target.where, move.target.app) == (target.where, target.app)
    )
