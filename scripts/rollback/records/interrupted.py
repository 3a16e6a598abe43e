"""Steps that a dead run started but never finished: the lock is held as long as one of its processes lives."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct

from rollback.errors import Locked, Usage
from rollback.model import Move, Target
from rollback.records import lock, run
from rollback.records.journal import JournalLine


class Begun(Struct, frozen=True):
    """`at`: when each start of the run began the step (UTC, ISO 8601 with Z)."""

    run: str
    move: Move
    at: tuple[str, ...]


def steps(project: Path, target: Target, name: str) -> Iterator[Begun]:
    """Yield, newest run first, the unfinished steps "<move id>.<name>" of the same target. None while any run is at work."""
    try:
        lock.look(project)
    except Locked:
        return
    for folder in reversed(run.folders(project)):
        if run.state(folder) in ("unfinished", "abandoned"):
            yield from _of_run(folder, target, name)


def _of_run(folder: Path, target: Target, name: str) -> Iterator[Begun]:
    journal = [line for line in run.journal(folder) if line.step.endswith(f".{name}")]
    for move in _moves(folder, target) if journal else ():
        lines = [line for line in journal if line.step == f"{move.id}.{name}"]
        if lines and lines[-1].event != "done":
            yield Begun(folder.name, move, _starts(lines))


def _moves(folder: Path, target: Target) -> list[Move]:
    try:
        plan = run.load_plan(folder)
    except Usage:
        return []
    same = (target.where, target.app)
    return [move for move in plan.moves if (move.target.where, move.target.app) == same]


def _starts(lines: list[JournalLine]) -> tuple[str, ...]:
    return tuple(line.at for line in lines if line.event == "start")
