"""The head of a script: what it does, in the words that a person is asked about."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rollback import VERSION
from rollback.contracts import LEFT_ALONE, ON_THE_WAY_BACK
from rollback.model import Direction, Finding, Move, Plan
from rollback.script.templating import markup
from rollback.text import clean


def head(plan: Plan, direction: Direction) -> str:
    what = "Roll back" if direction.verb == "execute" else "Undo the rollback of"
    facts = [plan.adapters, f"level {plan.level}", *(["protected"] if plan.protected else [])]
    when = plan.created_at.replace("T", " ")[:16]
    by = f"deployment-rollback {plan.version or VERSION}"
    return f"{what} {plan.environment} ({', '.join(facts)}), planned {when} UTC by {by}"


def moves(plan: Plan, direction: Direction) -> list[dict[str, Any]]:
    """Return the moves; `gap` aligns the releases."""
    width = max((len(_name(move)) for move in plan.moves), default=0)
    return [_move(move, direction, width) for move in plan.moves]


def _move(move: Move, direction: Direction, width: int) -> dict[str, Any]:
    source, goal = direction.ends(move)
    name = _name(move)
    gap = markup(" " * (width - len(name)))
    return {"name": name, "gap": gap, "source": source.label, "goal": goal.label}


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
