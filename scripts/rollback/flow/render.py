"""May I read it? The saved script of a run; it says so when it is not what the plan would render."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rollback.approval import approvals
from rollback.script import render
from rollback.records import run as runs
from rollback.errors import RollbackError
from rollback.model import Verb


def show(folder: Path, verb: Verb) -> dict[str, Any]:
    """JSON: {run, digest, script, text, as_planned}. Raises ApprovalNeeded (run-incomplete, run-tampered)."""
    files = approvals.contents(folder)
    name = render.SCRIPTS[verb]
    text = files[name].decode(errors="replace")
    same = _as_planned(folder, verb, text)
    return {
        "run": str(folder),
        "digest": approvals.digest_of(files),
        "script": str(folder / name),
        "text": text,
        "as_planned": same,
    }


def _as_planned(folder: Path, verb: Verb, text: str) -> bool | None:
    """None: it cannot be rendered here, where a tool is missing."""
    try:
        return render.text(runs.load_plan(folder), folder, verb) == text
    except RollbackError:
        return None
