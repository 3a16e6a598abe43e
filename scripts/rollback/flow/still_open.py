"""What a run leaves open, from its plan and its journal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rollback.contracts import NEXT_DEPLOY, READ_AGAIN
from rollback.model import Plan, Step
from rollback.records.journal import JournalLine
from rollback.text import clean


def next_deploy(plan: Plan, readable: bool = False) -> Iterator[str]:
    """Yield what the next deploy will trip over, and the command that settles it.

    `readable`: the live release was read, which tells of some whether they are still open.
    """
    for finding in plan.findings:
        if finding.code in NEXT_DEPLOY and not (readable and finding.code in READ_AGAIN):
            yield f"{clean(finding.message, 260)}; {clean(finding.fix, 220)}"


def reminders(plan: Plan, lines: Sequence[JournalLine]) -> list[Step]:
    """Return the steps with a reminder that took effect, or may have.

    One that cannot be undone has changed nothing where it failed: there is no such backup.
    """
    last = {line.step: line for line in lines}
    return [
        step
        for step in plan.steps
        if step.reminder and step.id in last and _is_in_effect(step, last[step.id])
    ]


def _is_in_effect(step: Step, last: JournalLine) -> bool:
    if last.script == "restore.sh":
        return last.event != "done"
    return bool(step.undo) or last.event != "failed"
