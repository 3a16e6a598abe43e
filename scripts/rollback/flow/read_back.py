"""Where every target is now: the script's own guards read it back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

from msgspec import Struct

from rollback.flow import undo
from rollback.flow.job import SPARE, Job
from rollback.model import Direction, Guard, Move, Plan, TargetResult
from rollback.records import run
from rollback.script import launch, render
from rollback.text import clean

State = Literal["rolled-back", "unchanged", "failed", "restored"]
Place = Literal["start", "end", "elsewhere", "unreadable"]
PLACES: tuple[Place, ...] = ("start", "end", "elsewhere", "unreadable")
HASHED = "***"  # what the script prints of a line that is compared by hash
_BY_HASH = {"start": "as before", "end": "as planned", "elsewhere": "neither of the two"}


class Row(Struct, frozen=True):
    """A guard line as the script read it: at the direction's start, at its end, or elsewhere.

    `move` is "" for a line that tells no releases apart (an identity). `index` counts from 0.
    """

    place: Place
    guard: Guard
    index: int
    move: str
    text: str

    @property
    def subject(self) -> str:
        return clean(self.guard.subject)


def rows(job: Job) -> list[Row]:
    """Return what every guard of the script reads now, including identities."""
    seconds = job.left()
    seconds = None if seconds is None else seconds + SPARE / 2
    variables = render.variables(job.plan)
    answer = launch.ask(job.script, job.folder, "--where", variables, seconds)
    return list(_rows(job.plan, answer))


def places(job: Job) -> dict[str, Place]:
    """Return move id -> where it is now."""
    return {row.move: row.place for row in _move_rows(job)}


def untouched(job: Job) -> frozenset[str]:
    """Return the moves that a restore leaves as they are: its rollback never began them.

    A restart, which has no proof, may be all that it did: it moves nothing.
    """
    if job.direction.verb == "execute":
        return frozenset()
    lines = run.journal(job.folder)
    begun = {line.step for line in lines if (line.script, line.event) == ("rollback.sh", "start")}
    steps = [step for step in job.plan.steps if step.proof]
    moved = {id for step in steps if step.id in begun for id in step.moves}
    return frozenset(id for step in steps for id in step.moves) - moved


def targets(job: Job) -> tuple[TargetResult, ...]:
    """Return the state of every move, in the order of the plan."""
    by_move: dict[str, list[Row]] = {}
    for row in _move_rows(job):
        by_move.setdefault(row.move, []).append(row)
    whole, independent = _failed_moves(job)
    late = {
        move for move in independent if any(row.place != "end" for row in by_move.get(move, ()))
    }
    anew = undo.planned_anew(job.plan) if job.direction.verb == "restore" else set()
    return tuple(
        _left(job, move)
        if move.id in anew
        else _target(move, job.direction, by_move.get(move.id, []), move.id in whole | late)
        for move in job.plan.moves
    )


def _left(job: Job, move: Move) -> TargetResult:
    """Return a move that a restore leaves alone: it stays wherever the rollback brought it."""
    source, goal = job.direction.ends(move)
    steps = {step.id for step in job.plan.steps if move.id in step.moves}
    begun = any(line.step in steps for line in run.journal(job.folder))
    return TargetResult(
        component=move.target.component,
        target=move.target.app,
        from_=source.id,
        to=goal.id,
        now=None if begun else goal.id,
        state="unchanged" if begun else "restored",
        proof="restore.sh does not change it" if begun else "the rollback never began it",
    )


def _rows(plan: Plan, answer: str) -> Iterator[Row]:
    """Parse tab-separated lines: place, guard, line number, move, text."""
    guards = {guard.id: guard for guard in plan.guards}
    for line in answer.split("\n"):
        fields = line.split("\t", 4)
        if len(fields) == 5 and fields[1] in guards and fields[0] in PLACES:
            place, id, index, move, text = fields
            move_id = "" if _is_identity(guards[id], int(index)) else move.removeprefix("-")
            yield Row(place, guards[id], int(index), move_id, clean(text, 80))  # type: ignore[arg-type]


def _is_identity(guard: Guard, index: int) -> bool:
    """Whether this line is an identity or unplanned: it says nothing about a move."""
    if index >= len(guard.lines):
        return True
    return guard.lines[index].source == guard.lines[index].goal


def _move_rows(job: Job) -> list[Row]:
    """Return the places of moves; a silent guard is no good news."""
    rows_of_moves = [row for row in rows(job) if row.move]
    reported = {row.move for row in rows_of_moves}
    silent = [
        Row("unreadable", guard, index, line.move, "")
        for guard in job.direction.guards(job.plan)
        for index, line in enumerate(guard.lines)
        if line.source != line.goal and line.move and line.move not in reported
    ]
    return rows_of_moves + silent


def _failed_moves(job: Job) -> tuple[set[str], set[str]]:
    """Return moves of steps that failed as a whole, or whose moves are independent."""
    last = {
        line.step: line.event
        for line in run.journal(job.folder)
        if line.script == job.direction.script
    }
    failed = [step for step in job.plan.steps if last.get(step.id) in ("failed", "start")]
    whole = {move for step in failed if not step.independent for move in step.moves}
    return whole, {move for step in failed if step.independent for move in step.moves}


def _target(move: Move, direction: Direction, rows: Sequence[Row], failed: bool) -> TargetResult:
    source, goal = direction.ends(move)
    places = {row.place for row in rows}
    place = next(iter(places)) if len(places) == 1 else None
    others = (row.text for row in rows if row.place == "elsewhere")
    elsewhere = next((text for text in others if text not in ("", HASHED)), None)
    return TargetResult(
        component=move.target.component,
        target=move.target.app,
        from_=source.id,
        to=goal.id,
        now={"start": source.id, "end": goal.id}.get(place or "", elsewhere),
        state=_state(place, direction, failed) if rows else _unseen(direction, failed),
        proof="; ".join(map(_proof, rows)) or "every step's own proof",
        partly=places == {"start", "end"},
    )


def _proof(row: Row) -> str:
    if row.place == "unreadable":
        return f"{row.subject}: could not be read"
    if row.text == HASHED:
        return f"{row.subject}: {_BY_HASH[row.place]}, compared by hash"
    return f"{row.subject}: {row.text or 'nothing: it is gone'}"


def _state(place: Place | None, direction: Direction, failed: bool) -> State:
    if failed or place not in ("start", "end"):
        return "failed"
    return "unchanged" if place == "start" else direction.done


def _unseen(direction: Direction, failed: bool) -> State:
    return "failed" if failed else direction.done
