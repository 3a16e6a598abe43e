"""Where does the newest run stand, what is still open, what comes next?"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rollback import run
from rollback.cli import command
from rollback.errors import RollbackError
from rollback.flow import taken_back
from rollback.model import Plan, Probe
from rollback.shell import Shell


def status(project: Path, environment: str | None = None) -> dict[str, Any]:
    """JSON: {run, state, verdict, environment, open, next}; everything null when there was never a run (of that environment)."""
    try:
        folder = run.find(project, None, "summary", environment)
    except RollbackError:
        return {"run": None, "state": "none", "verdict": None, "environment": None, "open": [], "next": None}
    plan, state = run.load_plan(folder), run.state(folder)
    left = [*(open_items(project, plan) if state == "finished" else ()), *(_reminders(project, plan) if run.started(folder) else ())]
    return {
        "run": str(folder), "state": state, "verdict": plan.verdict, "environment": plan.environment,
        "open": left, "next": _next(folder, plan, state),
    }  # fmt: skip


def open_items(project: Path, plan: Plan) -> list[str]:
    """Follow-ups of a plan that nothing shows as done yet."""
    return [finding.message for finding in plan.follow_up if taken_back.still_open(project, plan.moves)]


def _reminders(project: Path, plan: Plan) -> list[str]:
    """What a step has left for somebody to put right, for as long as its proof holds (or cannot be read)."""
    shell = Shell(project)
    return [step.reminder for step in plan.steps if step.reminder and step.proof and _holds(shell, step.proof)]


def _holds(shell: Shell, proof: Probe) -> bool:
    try:
        answer = shell.ask(proof.command)
    except RollbackError:
        return True
    return bool(answer.status) or answer.stdout.strip() == proof.expect


def _next(folder: Path, plan: Plan, state: str) -> str | None:
    if state == "unfinished" or (state == "new" and plan.verdict == "ready"):
        return command("execute", folder)
    return command("summary", folder) if state in ("finished", "restored") else None
