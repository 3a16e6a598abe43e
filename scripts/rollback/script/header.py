"""The head of a script: what it does, in the words that a person is asked about."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from rollback import VERSION, clock
from rollback.contracts import LEFT_ALONE, ON_THE_WAY_BACK
from rollback.flow import undo
from rollback.model import Direction, Finding, Move, Plan, Release
from rollback.script.templating import markup
from rollback.text import clean

ARTIFACTS = 3  # shown for each move


def head(plan: Plan, direction: Direction) -> str:
    what = "Roll back" if direction.verb == "execute" else "Undo the rollback of"
    facts = [plan.adapters, f"level {plan.level}", *(["protected"] if plan.protected else [])]
    when = clock.minute(plan.created_at)
    by = f"deployment-rollback {plan.version or VERSION}"
    return f"{what} {plan.environment} ({', '.join(facts)}), planned {when} UTC by {by}"


def validity(plan: Plan, direction: Direction) -> str:
    """Return until when the script starts, in words."""
    if direction.verb == "restore":
        return "Does not expire."
    return f"Starts until {clock.minute(plan.expires_at)} UTC; a run that began does not expire."


def moves(plan: Plan, direction: Direction) -> list[dict[str, Any]]:
    """Return the moves; `gap` aligns the releases."""
    width = max((len(_name(move)) for move in plan.moves), default=0)
    anew = undo.planned_anew(plan) if direction.verb == "restore" else set()
    return [_move(move, direction, width) for move in plan.moves if move.id not in anew]


def _move(move: Move, direction: Direction, width: int) -> dict[str, Any]:
    source, goal = direction.ends(move)
    name = _name(move)
    gap = markup(" " * (width - len(name)))
    return {
        "name": name,
        "gap": gap,
        "source": source.label,
        "goal": goal.label,
        "details": list(_details(move, source, goal)),
    }


def _details(move: Move, source: Release, goal: Release) -> Iterable[str]:
    """Yield where it is, and what is deployed before and after."""
    if move.target.location:
        yield f"at {clean(move.target.location)}"
    shown = _images if _images(move, source) and _images(move, goal) else _artifacts
    changed = list(dict.fromkeys(_changed(shown(move, source), shown(move, goal))))
    for before, after in changed[:ARTIFACTS]:
        if (before, after) != (source.id, goal.id):  # the line above has these
            yield f"from {clean(before)} to {clean(after)}"
    if shown is _images and not changed:
        names = list(dict.fromkeys(_images(move, goal).values()))[:ARTIFACTS]
        yield f"the same images: {clean(', '.join(names))}"


def _changed(before: Mapping[str, str], after: Mapping[str, str]) -> Iterable[tuple[str, str]]:
    for name, value in before.items():
        if after.get(name) and after[name] != value:
            yield value, after[name]


def _images(move: Move, release: Release) -> dict[str, str]:
    """Return the images as the release names them; of this part where it has several."""
    prefix = f"{move.target.app}/" if release.artifacts else ""
    return {name: image for name, image in release.images.items() if name.startswith(prefix)}


def _artifacts(move: Move, release: Release) -> dict[str, str]:
    if release.artifacts:
        return {app: each for app, each in release.artifacts.items() if app == move.target.app}
    return {"": release.artifact} if release.artifact else {}


def _name(move: Move) -> str:
    return clean(f"{move.target.component}: {move.target.app}")


def notes(plan: Plan, direction: Direction) -> Iterable[str]:
    """Yield warnings, what stays as it is, and what cannot be undone."""
    if direction.verb == "execute":
        yield from _findings(
            finding
            for finding in plan.findings
            if finding.level != "note" or finding.code == LEFT_ALONE
        )
        yield from (f"irreversible: {step.title}" for step in plan.steps if step.irreversible)
    else:
        yield from _findings(
            finding for finding in plan.findings if finding.code in ON_THE_WAY_BACK
        )
        yield from _not_undone(plan)


def _findings(findings: Iterable[Finding]) -> Iterable[str]:
    return (f"{finding.level} {finding.code}: {finding.message}" for finding in findings)


def _not_undone(plan: Plan) -> Iterable[str]:
    """Yield irreversible steps; a wait changes nothing, so it needs no undo."""
    for step in plan.steps:
        if step.undo is None and (step.moves or step.irreversible):
            yield f"{'irreversible, ' if step.irreversible else ''}not undone: {step.title}"
