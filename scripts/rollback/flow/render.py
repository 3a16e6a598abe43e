"""Print the saved script of a run, and whether it is still what the plan would render."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rollback.approval import approvals
from rollback.script import render
from rollback.records import run as runs
from rollback.errors import RollbackError
from rollback.model import DIRECTIONS, Direction, Verb


def show(folder: Path, verb: Verb) -> dict[str, Any]:
    """Return {run, digest, script, text, as_planned}.

    Raises ApprovalNeeded (run-incomplete, run-tampered).
    """
    files = approvals.contents(folder)
    direction = DIRECTIONS[verb]
    text = files[direction.script].decode(errors="replace")
    return {
        "run": str(folder),
        "digest": approvals.digest_of(files),
        "script": str(folder / direction.script),
        "text": text,
        "as_planned": _as_planned(folder, direction, text),
    }


def _as_planned(folder: Path, direction: Direction, text: str) -> bool | None:
    """Whether it renders the same; None if it cannot be rendered here (missing tool)."""
    try:
        return render.text(runs.load_plan(folder), folder, direction) == text
    except RollbackError:
        return None
