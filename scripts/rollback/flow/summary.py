"""What happened, what is open, what comes next, in the run folder: for people and programs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from rollback.records import audit
from rollback.records import disk
from rollback.approval import person
from rollback.records import run
from rollback.flow import report, undo
from rollback.cli import command
from rollback.clock import now
from rollback.errors import Usage
from rollback.model import Outcome
from rollback.text import clean

TEMPLATES = Path(__file__).parents[3] / "templates"


def write(project: Path, folder: Path, outcome: Outcome, reason: str | None = None) -> Path:
    """Write summary.md, report.html and outcome.json.

    The summary holds the head of the audit chain, so that a truncated audit shows.
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    disk.write(folder / "outcome.json", msgspec.json.encode(outcome))
    page = Environment(  # noqa: S701  (Markdown, not HTML: `finalize` cleans every value)
        loader=FileSystemLoader(TEMPLATES),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_cell,
    )
    plan = run.load_plan(folder)
    facts = {
        "at": now(),
        "who": person.name(),
        "reason": audit.masked(reason) if reason else None,
        "head": audit.head(project),
        "restore": command("restore", folder) if undo.is_possible(plan) else None,
        "limits": list(undo.limits(plan)),
    }
    text = page.get_template("summary.md.j2").render(
        plan=plan, run=folder, outcome=outcome, watch=list(report.watch(plan)), **facts
    )
    disk.write(folder / "summary.md", text.encode())
    report.write(project, folder, outcome, facts)
    return folder / "summary.md"


def read(folder: Path) -> Outcome:
    """Read the outcome of a run. Raises Usage (no-outcome) for a run that never ended."""
    try:
        return msgspec.json.decode((folder / "outcome.json").read_bytes(), type=Outcome)
    except (OSError, msgspec.MsgspecError):
        lines = run.journal(folder)
        verb = "restore" if lines and lines[-1].script == "restore.sh" else "execute"
        fix = f"check its status: {command('plan', 'status')}"
        if run.state(folder) in ("finished", "restored"):
            fix = f"check health and record it: {command(verb, folder)}"
        raise Usage("no-outcome", f"run {folder.name} has no result yet", fix) from None


def as_json(outcome: Outcome) -> dict[str, Any]:
    facts: dict[str, Any] = msgspec.to_builtins(outcome)
    return facts


def _cell(value: object) -> object:
    return clean(str(value), 400).replace("|", "/") if isinstance(value, (str, Path)) else value
