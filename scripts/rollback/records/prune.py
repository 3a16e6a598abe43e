"""Old run folders: which nobody needs any more, and their end."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

from rollback import clock
from rollback.approval import person
from rollback.errors import Usage
from rollback.records import disk, lock, run


def prune(project: Path) -> list[Path]:
    """Delete what nobody needs any more and say which.

    Kept are unfinished runs, the newest that was started (its restore.sh), plans that may still be
    approved, and runs with a backup. Raises Locked.
    """
    runs = run.folders(project)
    way_back = next((folder for folder in reversed(runs) if run.started(folder)), None)
    if not any(folder != way_back and _over(folder) for folder in runs):
        return []
    with (
        lock.hold(project, f"{person.name()}, deleting old runs"),
        disk.readable_errors(project),
    ):  # a restore may have begun a moment ago
        old = [folder for folder in runs if folder != way_back and _over(folder)]
        for folder in old:
            shutil.rmtree(folder)
    return old


def _over(folder: Path) -> bool:
    if (folder / run.BACKUP).exists():
        return False  # a person decides when its data is no longer needed
    current = run.state(folder)
    if current != "new":
        return current != "unfinished"
    try:
        plan = run.load_plan(folder)
    except Usage:
        return time.time() - folder.stat().st_mtime > run.YOUNG  # left half written
    return plan.verdict != "ready" or clock.seconds_since(plan.expires_at) > 0
