"""Check whether a run has already arrived, and whether everything is still as it left it.

This is read before anybody is asked.
"""

from __future__ import annotations

from collections.abc import Sequence

from rollback.approval import shown
from rollback.cli import command
from rollback.errors import Drifted, Unreadable
from rollback.flow import read_back, undo
from rollback.flow.job import Job
from rollback.flow.read_back import Row
from rollback.records import run as runs

ARRIVED = {"execute": "finished", "restore": "restored"}
_FEW = 3


def arrived(job: Job) -> bool:
    """Whether the journal and the platform, read now, both say so: there is nothing to approve.

    False leads to the ordinary run. For a restored run, raises Drifted (changed since), Unreadable.
    """
    if runs.state(job.folder) != ARRIVED[job.direction.verb] or not _is_unchanged(job):
        return False
    rows = read_back.rows(job)
    if job.direction.verb == "restore":
        _refuse_changed(job, rows)
    return bool(rows) and all(row.place == "end" for row in rows) and _complete(job, rows)


def _is_unchanged(job: Job) -> bool:
    """Whether the script is unchanged; without an approval only then may it read the platform."""
    return shown.digest_of(job.request.project, job.folder) == job.digest


def _complete(job: Job, rows: Sequence[Row]) -> bool:
    """Whether every guard line was read, and each move can tell its releases apart."""
    lines = [line for guard in job.direction.guards(job.plan) for line in guard.lines]
    compared = {line.move for line in lines if line.source != line.goal}
    planned = {move.id for move in job.plan.moves}
    if job.direction.verb == "restore":
        planned -= undo.planned_anew(job.plan)
    return len(rows) == len(lines) and compared == planned


def _refuse_changed(job: Job, rows: Sequence[Row]) -> None:
    name = job.folder.name
    if changed := [row for row in rows if row.place == "elsewhere"]:
        latest = "; ".join(f"{row.subject}: now {row.text or 'gone'}" for row in changed[:_FEW])
        message = (
            f"run {name} was restored, but the live release has changed since ({latest}); "
            "nothing was changed"
        )
        status = command("plan", job.plan.environment, "status")
        fix = f"check what is live now ({status}), then make a new plan"
        raise Drifted("drifted", message, fix)
    if silent := [row for row in rows if row.place == "unreadable"]:
        subjects = ", ".join(dict.fromkeys(row.subject for row in silent[:_FEW]))
        message = f"run {name} was restored, but whether it still is could not be read: {subjects}"
        fix = "check the connection and the login, then run it again"
        raise Unreadable("unreadable", message, fix)
