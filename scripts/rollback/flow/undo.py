"""What restore.sh cannot take back: which moves of a plan, and why."""

from __future__ import annotations

from collections.abc import Iterator

from rollback.errors import Blocked
from rollback.model import Plan


def closed(plan: Plan) -> set[int]:
    """Indices of the moves that have a step without a way back."""
    return {move for step in plan.steps if step.irreversible for move in step.moves}


def is_open(plan: Plan) -> bool:
    """False when no step of the plan can be taken back: restore.sh would change nothing. (question.py asks the same of a plan as JSON.)"""
    return not any(step.irreversible for step in plan.steps) or any(
        step.undo for step in plan.steps
    )


def limits(plan: Plan) -> Iterator[str]:
    """What stays as the rollback leaves it, with the way forward where a finding names one."""
    told = [finding for finding in plan.findings if finding.code == "no-way-back"]
    yield from (f"{finding.message}; {finding.fix}" for finding in told)
    if not told:
        yield from (
            f"restore.py does not take back: {step.title}"
            for step in plan.steps
            if step.irreversible
        )


def refuse_unless_open(plan: Plan) -> None:
    """Before anybody is asked. Raises Blocked (no-way-back)."""
    if not is_open(plan):
        message = "; ".join(
            finding.message for finding in plan.findings if finding.code == "no-way-back"
        )
        fix = "; ".join(finding.fix for finding in plan.findings if finding.code == "no-way-back")
        raise Blocked(
            "no-way-back", message or "; ".join(limits(plan)), fix or "deploy anew what is to serve"
        )
