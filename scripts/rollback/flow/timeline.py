"""When what happened in a run: from its journal, with the titles of its plan."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

from msgspec import Struct

from rollback import clock
from rollback.model import Plan
from rollback.records.journal import JournalLine

State = Literal["done", "failed", "cut"]


class Bar(Struct, frozen=True):
    """One start of a step. `offset` and `width` are percent of the whole run.

    "cut": nothing tells how it ended; it was killed, or still runs.
    """

    at: str
    title: str
    state: State
    seconds: int | None
    offset: float
    width: float


def of(plan: Plan, lines: Sequence[JournalLine]) -> list[Bar]:
    """Return the steps in the order in which they began."""
    if not lines:
        return []
    first, last = lines[0].at, lines[-1].at
    whole = max(clock.seconds_between(first, last), 1)
    bars = []
    for start, end in _pairs(lines):
        seconds = clock.seconds_between(start.at, end.at) if end else None
        offset = _percent(clock.seconds_between(first, start.at), whole)
        width = _percent(seconds or 0, whole)
        state: State = "cut" if end is None else "done" if end.event == "done" else "failed"
        bars.append(Bar(start.at, _title(plan, start), state, seconds, offset, width))
    return bars


def _percent(seconds: int, whole: int) -> float:
    """Return the share; a clock that was set back makes no bar of less than nothing."""
    return min(max(100 * seconds / whole, 0.0), 100.0)


def _pairs(lines: Sequence[JournalLine]) -> Iterator[tuple[JournalLine, JournalLine | None]]:
    """Yield each start with the line that ended it; a step may begin several times."""
    for index, line in enumerate(lines):
        if line.event == "start":
            key = (line.script, line.step)
            later = (row for row in lines[index + 1 :] if (row.script, row.step) == key)
            end = next(later, None)
            yield line, end if end and end.event != "start" else None


def _title(plan: Plan, line: JournalLine) -> str:
    steps = {step.id: step for step in plan.steps}
    step = steps.get(line.step)
    if step is None:
        return line.step
    undone = line.script == "restore.sh" and step.undo
    return step.undo.title if undone and step.undo else step.title
