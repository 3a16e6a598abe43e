"""The three answers of summary.py: a run's result, the check of the audit, and what was deleted."""

from __future__ import annotations

from pathlib import Path

from rollback.commands import present_outcome
from rollback.commands.answer import Answer
from rollback.flow import report, summary
from rollback.records import audit, run
from rollback.records.prune import prune as prune_runs


def result(root: Path, run_folder: str | None) -> Answer:
    """Show a run's summary. Raises Usage (no-run, no-outcome)."""
    folder = run.find(root, run_folder, "summary")
    facts = summary.as_json(summary.read(folder))
    files = (f"summary: {folder / 'summary.md'}", f"report: {folder / report.NAME}")
    lines = [*present_outcome.outcome_lines(facts), *files]
    return Answer(facts, lines)


def verify_audit(root: Path) -> Answer:
    facts = audit.verify(root)
    cut = [f"cut short by a kill or a full disk: line {number}" for number in facts["damaged"]]
    return Answer(facts, [f"audit: {facts['lines']} lines, unbroken, head {facts['head']}", *cut])


def prune(root: Path) -> Answer:
    """Delete old runs. Raises Locked while a run is at work."""
    audit.take_over(root)  # the journals go with their folders
    removed = [str(path) for path in prune_runs(root)]
    if removed:
        audit.record(root, "prune", removed=removed)
    lines = [f"removed: {path}" for path in removed] or ["nothing to remove"]
    return Answer({"removed": removed}, lines)
