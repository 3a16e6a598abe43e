"""What restore.sh cannot undo: which moves of a plan, and why."""

from __future__ import annotations

from collections.abc import Iterator

from rollback.contracts import INFRASTRUCTURE_STAYS
from rollback.errors import Blocked
from rollback.model import Finding, Plan


def irreversible(plan: Plan) -> set[str]:
    """Return the ids of moves with a step that cannot be undone."""
    return {move for step in plan.steps if step.irreversible for move in step.moves}


def planned_anew(plan: Plan) -> set[str]:
    """Return the ids of moves that a restore leaves to a plan of their own."""
    return {move for step in plan.steps if step.once for move in step.moves}


def is_possible(plan: Plan) -> bool:
    """Whether any step can be undone; otherwise restore.sh would change nothing."""
    final = any(step.irreversible or step.once for step in plan.steps)
    return not final or any(step.undo for step in plan.steps)


def limits(plan: Plan) -> Iterator[str]:
    """Yield what cannot be undone, with what to do instead if a finding says so."""
    known = _findings(plan)
    yield from (f"{finding.message}; {finding.fix}" for finding in known)
    if any(finding.code == "no-way-back" for finding in known):
        return
    for step in plan.steps:
        if step.irreversible:
            yield f"restore.py does not undo: {step.title}"


def refuse_unless_possible(plan: Plan) -> None:
    """Reject a restore that would change nothing. Raises Blocked (no-way-back)."""
    if is_possible(plan):
        return
    known = _findings(plan)
    message = "; ".join(finding.message for finding in known) or "; ".join(limits(plan))
    fix = "; ".join(finding.fix for finding in known) or "deploy the release that should serve"
    raise Blocked("no-way-back", message, fix)


def _findings(plan: Plan) -> list[Finding]:
    codes = ("no-way-back", INFRASTRUCTURE_STAYS)
    return [finding for finding in plan.findings if finding.code in codes]
