"""Close an unfinished run: its changes stay in place."""

from __future__ import annotations

from pathlib import Path

from rollback.commands.answer import Answer
from rollback.errors import Usage
from rollback.records import audit, run


def answer(root: Path, which: str, reason: str | None) -> Answer:
    """Close an unfinished run. Raises Usage (no-run, not-unfinished)."""
    folder = run.find(root, which, "summary")
    state = run.state(folder)
    if state != "unfinished":
        message = f"run {folder.name} is {state}, not unfinished"
        raise Usage("not-unfinished", message, "there is nothing to close")
    run.abandon(folder)
    audit.take_over(root, folder)
    audit.record(root, "abandon", run=folder.name, reason=reason or "")
    locks = _locks(folder)
    lines = [
        f"abandoned: {folder}",
        "its changes stay in place: make a new plan to see what is live",
        *(f"it may still hold a lock; release it with: {command}" for command in locks),
    ]
    return Answer({"abandoned": str(folder), "locks": locks}, lines)


def _locks(folder: Path) -> list[str]:
    """Return the commands that release the run's locks by hand; none for a damaged plan."""
    try:
        return [lock.by_hand for lock in run.load_plan(folder).locks if lock.by_hand]
    except Usage:
        return []
