"""The answer of checkpoint.py: the saved files of a run, and its digest."""

from __future__ import annotations

from pathlib import Path

from rollback.approval import approvals
from rollback.commands.answer import Answer
from rollback.flow import checkpoint
from rollback.records import run


def answer(root: Path, run_folder: str | None) -> Answer:
    """List a run's checkpoint. Raises Usage (no-run), ApprovalNeeded (run-incomplete, ...)."""
    folder = run.find(root, run_folder, "summary")
    digest = approvals.digest(folder)
    rows = checkpoint.listing(folder)
    files = [{"name": name, "bytes": size, "sha256": sha} for name, size, sha in rows]
    lines = [f"  state/{name}  {size} bytes" for name, size, _ in rows]
    facts = {"run": str(folder), "digest": digest, "files": files}
    return Answer(facts, [f"run: {folder}", f"digest: {digest}", *lines])
