"""What became of every target, read back from the platform; what the ledger keeps of it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Literal

from msgspec import Struct

from rollback.records import ledger
from rollback.script import render
from rollback.records import run
from rollback.clock import now
from rollback.settings.environment import LedgerEntry
from rollback.script import launch
from rollback.flow.job import SPARE, Job
from rollback.model import Check, Guard, HealthReport, Move, Plan, TargetResult, Verb
from rollback.text import clean

State = Literal["rolled-back", "unchanged", "failed", "restored"]
Place = Literal["current", "to", "elsewhere", "unreadable"]
_OTHERS: dict[str, Place] = {"elsewhere": "elsewhere", "unreadable": "unreadable"}
_LINE = re.compile(r"^(start|end|elsewhere|unreadable) (\d+)\.(\d+) (.*)$", re.MULTILINE)
# what a script calls start and end, in the plan's words
_PLACES: dict[Verb, dict[str, Place]] = {
    "execute": {"start": "current", "end": "to", **_OTHERS},
    "restore": {"start": "to", "end": "current", **_OTHERS},
}


class Seen(Struct, frozen=True):
    """One guard's line about one move: is it at the plan's start (`current`), at its end (`to`), or elsewhere?"""

    move: int
    title: str
    line: str
    place: Place


class Line(Struct, frozen=True):
    """One line of one guard, as the script read it: `index` counts the guard's lines from 0."""

    place: Literal["start", "end", "elsewhere", "unreadable"]
    guard: Guard
    index: int
    title: str
    text: str


def read_back(one: Job) -> tuple[TargetResult, ...]:
    """Ask the script where everything is: its guards know how to read, also where they are functions of a template."""
    plan, verb = one.plan, one.request.verb
    seen = _looks(one)
    whole, apart = _failed_moves(plan, one.folder, verb)
    looks: dict[int, list[Seen]] = {}
    for look in seen:
        looks.setdefault(look.move, []).append(look)
    goal = "to" if verb == "execute" else "current"
    failed = {
        move for move in apart if any(look.place != goal for look in looks.get(move, ()))
    } | whole
    return tuple(
        _target(plan, index, verb, looks.get(index, []), index in failed)
        for index in range(len(plan.moves))
    )


def places(one: Job) -> dict[int, str]:
    """Of each move where it is now: current, to, elsewhere or unreadable."""
    return {look.move: look.place for look in _looks(one)}


def lines(one: Job) -> list[Line]:
    """What every guard of the script reads now, identities included."""
    left = one.left()
    seconds = None if left is None else left + SPARE / 2
    answer = launch.ask(
        one.files[render.SCRIPTS[one.request.verb]],
        one.folder,
        "--where",
        render.variables(one.plan),
        seconds,
    )
    return list(_lines(one.plan, answer))


def _looks(one: Job) -> list[Seen]:
    """What the guards of every move say; a guard that is silent is no good news."""
    seen = list(_seen(one.plan, one.request.verb, lines(one)))
    told = {look.move for look in seen}
    covered = [
        (guard.title, *ends)
        for guard in one.plan.guards
        for ends in zip(guard.moves, guard.current, guard.to, strict=False)
    ]
    silent = [
        (title, move) for title, move, current, to in covered if current != to and move not in told
    ]
    return seen + [Seen(move, clean(title), "", "unreadable") for title, move in silent]


def _lines(plan: Plan, answer: str) -> Iterator[Line]:
    """Lines like `end 2.1 [release of web] v41`."""
    for word, number, index, text in _LINE.findall(answer):
        guard = plan.guards[int(number) - 1]
        title = clean(guard.title)
        yield Line(word, guard, int(index) - 1, title, clean(text.removeprefix(f"[{title}] "), 80))


def _seen(plan: Plan, verb: Verb, lines: Iterable[Line]) -> Iterator[Seen]:
    """A guard that is an identity (start and end are the same) says nothing about a move."""
    for line in lines:
        guard, at = line.guard, line.index
        if at < len(guard.moves) and guard.current[at] != guard.to[at]:
            yield Seen(guard.moves[at], line.title, line.text, _PLACES[verb][line.place])


def _failed_moves(plan: Plan, folder: Path, verb: Verb) -> tuple[set[int], set[int]]:
    """Moves of steps that failed as a whole, and of steps whose moves stand apart."""
    script = "rollback.sh" if verb == "execute" else "restore.sh"
    last = {line.step: line.event for line in run.journal(folder) if line.script == script}
    failed = [step for step in plan.steps if last.get(step.id) in ("failed", "start")]
    return {move for step in failed if not step.apart for move in step.moves}, {
        move for step in failed if step.apart for move in step.moves
    }


def _target(plan: Plan, index: int, verb: Verb, seen: Sequence[Seen], failed: bool) -> TargetResult:
    move = plan.moves[index]
    places = {one.place for one in seen}
    here = places.pop() if len(places) == 1 else None
    state = _state(here, verb, failed)
    if not seen:
        state = "failed" if failed else "rolled-back" if verb == "execute" else "restored"
    found = next((one.line for one in seen if one.place == "elsewhere" and one.line), None)
    at = {"current": move.current.id, "to": move.to.id}.get(here or "", found)
    proof = "; ".join(f"{one.title}: {_said(one)}" for one in seen) or "every step's own proof"
    ends = (move.current.id, move.to.id) if verb == "execute" else (move.to.id, move.current.id)
    return TargetResult(move.target.app, *ends, at, state, proof)


def _said(one: Seen) -> str:
    return "could not be read" if one.place == "unreadable" else one.line or "nothing: it is gone"


def _state(here: str | None, verb: Verb, failed: bool) -> State:
    goal, start = ("to", "current") if verb == "execute" else ("current", "to")
    if failed or here not in (goal, start):
        return "failed"
    if here == start:
        return "unchanged"
    return "rolled-back" if verb == "execute" else "restored"


def record(
    plan: Plan, folder: Path, verb: Verb, targets: Sequence[TargetResult], health: HealthReport
) -> None:
    """What this run has learned of the releases, into the ledger. Raises Usage (not-writable)."""
    switched = [
        move
        for move, result in zip(plan.moves, targets, strict=True)
        if result.state in ("rolled-back", "restored")
    ]
    rows = [row for move in switched for row in _verdicts(plan, move, verb, health)]
    ledger.record(
        Path(plan.project),
        [_entry(move, release, verdict, folder) for move, release, verdict in rows],
    )


def _verdicts(
    plan: Plan, move: Move, verb: Verb, health: HealthReport
) -> Iterator[tuple[Move, str, str]]:
    """A restore says nothing against the release it leaves: it was left for another reason than its health."""
    arrived = move.to if verb == "execute" else move.current
    if verb == "execute":
        yield move, move.current.id, "rolled-back-from"
    if health.verdict == "healthy":
        yield move, arrived.id, "good"
    elif health.verdict == "unhealthy" and (
        verb == "restore" or newly_failing(plan.health, health)
    ):
        yield move, arrived.id, "failed"


def newly_failing(before: HealthReport, after: HealthReport) -> tuple[Check, ...]:
    """What fails now and did not fail before: only that speaks against a release."""
    broken = {check.name for check in before.checks if check.verdict == "unhealthy"}
    later = [
        check for check in after.checks if check.phase != "before" and check.name not in broken
    ]
    return tuple(check for check in later if check.verdict in ("unhealthy", "waiting"))


def _entry(move: Move, release: str, verdict: str, folder: Path) -> LedgerEntry:
    target = move.target
    artifact = next((one.artifact for one in (move.current, move.to) if one.id == release), None)
    return LedgerEntry(
        now(),
        target.environment,
        target.platform,
        target.where,
        target.app,
        release,
        artifact,
        verdict,
        folder.name,
    )
