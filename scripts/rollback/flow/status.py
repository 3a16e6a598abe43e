"""Where does the newest run stand, what is still open, what comes next?"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rollback import run
from rollback.cli import command
from rollback.errors import RollbackError
from rollback.flow import taken_back
from rollback.model import Plan


def status(project: Path) -> dict[str, Any]:
    """JSON: {run, state, verdict, environment, open, next}; everything null when there was never a run."""
    try:
        folder = run.find(project, None, "summary")
    except RollbackError:
        return {"run": None, "state": "none", "verdict": None, "environment": None, "open": [], "next": None}
    plan, state = run.load_plan(folder), run.state(folder)
    return {
        "run": str(folder), "state": state, "verdict": plan.verdict, "environment": plan.environment,
        "open": open_items(project, plan) if state == "finished" else [], "next": _next(folder, plan, state),
    }  # fmt: skip


def open_items(project: Path, plan: Plan) -> list[str]:
    """Follow-ups of a plan that nothing shows as done yet."""
    return [finding.message for finding in plan.follow_up if taken_back.still_open(project, plan.moves)]


def _next(folder: Path, plan: Plan, state: str) -> str | None:
    if state == "unfinished" or (state == "new" and plan.verdict == "ready"):
        return command("execute", folder)
    return command("summary", folder) if state in ("finished", "restored") else None
