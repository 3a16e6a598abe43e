"""The runs of a project, looked at later: how far each came, and with which result."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec
from msgspec import Struct

from rollback import clock
from rollback.flow import left_alone
from rollback.records import also_taken_back as also
from rollback.records import run as runs_on_disk
from rollback.errors import Usage
from rollback.flow import job, summary
from rollback.model import HealthReport, Outcome, Plan, Verb


FINISHED: tuple[runs_on_disk.State, ...] = ("finished", "restored")


class Run(Struct, frozen=True):
    """`plan` is None when it can no longer be read.
    `at` (UTC, ISO 8601 with Z) and `step` are those of the journal's last line.
    `outcome` and `health` were recorded after that line; without a record health is "unknown".
    """

    folder: Path
    state: runs_on_disk.State
    plan: Plan | None
    at: str | None = None
    step: str | None = None
    verb: Verb = "execute"
    outcome: Outcome | None = None
    health: str = "unknown"

    @property
    def environment(self) -> str | None:
        return self.plan.environment if self.plan else None


def runs(project: Path, environment: str | None = None) -> list[Run]:
    """Return the runs, newest first, of one environment if named; skip folders without a plan."""
    all_runs = map(_run, reversed(runs_on_disk.folders(project)))
    whole = [run for run in all_runs if run.plan or run.state != "new"]
    return [run for run in whole if environment in (None, run.environment)]


def newest(all_runs: Sequence[Run], *states: runs_on_disk.State) -> Run | None:
    return next((run for run in all_runs if run.state in states), None)


def chief(all_runs: Sequence[Run]) -> Run | None:
    """Return the run that an operator has to know about first."""
    return (
        newest(all_runs, "unfinished")
        or waiting(all_runs)
        or newest(all_runs, *FINISHED, "abandoned")
        or next(iter(all_runs), None)
    )


def waiting(all_runs: Sequence[Run]) -> Run | None:
    """Return the newest plan to approve: ready, not expired, no later run there."""
    return next(
        (run for run in all_runs if run.plan and run.state == "new" and _waits(run.plan, all_runs)),
        None,
    )


def word(run: Run) -> str:
    """Return a run's outcome in a word; how far it came if only the script ran."""
    if run.outcome:
        return run.outcome.outcome
    if run.state == "finished":
        stays = run.plan is not None and any(left_alone.stays(run.plan))
        return "partial" if stays or also_taken_back(run) else "done"
    return run.state


def also_taken_back(run: Run) -> tuple[str, ...]:
    """Return what the last script of a run took back although no plan had it."""
    script = "restore.sh" if run.verb == "restore" else "rollback.sh"
    return also.read(run.folder, script)


def _waits(plan: Plan, all_runs: Sequence[Run]) -> bool:
    began = [run.at for run in all_runs if run.at and run.environment == plan.environment]
    return (
        plan.verdict == "ready"
        and clock.seconds_since(plan.expires_at) <= 0
        and plan.created_at >= max(began, default="")
    )


def _run(folder: Path) -> Run:
    state, plan = runs_on_disk.state(folder), _plan(folder)
    lines = runs_on_disk.journal(folder)
    if not lines:
        return Run(folder, state, plan)
    verb: Verb = "restore" if lines[-1].script == "restore.sh" else "execute"
    verdict = health(folder).verdict
    return Run(folder, state, plan, lines[-1].at, lines[-1].step, verb, _outcome(folder), verdict)


def _plan(folder: Path) -> Plan | None:
    try:
        return runs_on_disk.load_plan(folder)
    except Usage:
        return None


def _outcome(folder: Path) -> Outcome | None:
    """Return the outcome written after the journal's last line."""
    try:
        return summary.read(folder) if job.written_since(folder, "outcome.json") else None
    except Usage:
        return None


def health(folder: Path) -> HealthReport:
    """Return the last report after the journal's last line: the run's own, or health.py's."""
    if not job.written_since(folder, "health.json"):
        return HealthReport("unknown")
    try:
        return msgspec.json.decode((folder / "health.json").read_bytes(), type=HealthReport)
    except (OSError, msgspec.MsgspecError):
        return HealthReport("unknown")
