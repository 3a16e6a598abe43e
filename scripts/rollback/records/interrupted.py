"""Steps that a dead run started but never finished.

A living process of a run holds the project's lock.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct

from rollback.errors import Locked, Usage
from rollback.model import Move, Target
from rollback.records import lock, run


class Interrupted(Struct, frozen=True):
    """`at`: when each start of the run began the step (UTC, ISO 8601 with Z)."""

    run: str
    move: Move
    at: tuple[str, ...]


def steps(project: Path, target: Target, name: str) -> Iterator[Interrupted]:
    """Return runs killed or failed in step "<move id>.<name>" of this target, newest first.

    None while any run is at work.
    """
    try:
        lock.look(project)
    except Locked:
        return
    for folder in reversed(run.folders(project)):
        if run.state(folder) in ("unfinished", "abandoned"):
            yield from _of_run(folder, target, name)


def _of_run(folder: Path, target: Target, name: str) -> Iterator[Interrupted]:
    lines = run.journal(folder)
    try:
        plan = run.load_plan(folder) if lines else None
    except Usage:
        return
    for move in plan.moves if plan else ():
        events = [line for line in lines if line.step == f"{move.id}.{name}"]
        same = (move.target.where, move.target.app) == (target.where, target.app)
        if same and events and events[-1].event != "done":
            at = tuple(line.at for line in events if line.event == "start")
            yield Interrupted(folder.name, move, at)
