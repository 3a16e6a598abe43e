"""Runs that began after another one: what they changed may rest on it."""

from __future__ import annotations

from pathlib import Path

from rollback.cli import command
from rollback.errors import Blocked, Usage
from rollback.model import Plan
from rollback.records import run as runs
from rollback.records.journal import effect


def refuse_restore(folder: Path, plan: Plan) -> None:
    """Reject a restore below a later run that is still in effect. Raises Blocked (later-run).

    Where only applications move, the guards see the releases. A database keeps no release: the
    code that a restore brings back may need what a later run took away. runner.sh refuses the same.
    Times are kept in seconds: of two runs that began in the same one, the name decides.
    """
    for other in reversed(runs.folders(folder.parent)):
        if _began(other) > _began(folder) and _concerns(other, plan):
            message = (
                f"run {other.name} began later and is still in effect: a restore of "
                f"{folder.name} would bring back what that run rests on; nothing was changed"
            )
            fix = f"restore that run first: {command('restore', other)}"
            raise Blocked("later-run", message, fix)


def _began(folder: Path) -> tuple[str, str]:
    lines = runs.journal(folder)
    return (lines[0].at, folder.name) if lines else ("", "")


def _concerns(other: Path, plan: Plan) -> bool:
    try:
        later = runs.load_plan(other)
    except Usage:
        return False
    changed, _ = effect(runs.journal(other))
    undone = {step.id for step in later.steps if step.undo}
    databases = any(step.part == "database" for step in (*plan.steps, *later.steps))
    return later.environment == plan.environment and databases and bool(changed & undone)
