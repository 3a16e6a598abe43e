"""How it went, in one word and one exit code, told per target, with both looks at health and what comes next."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from rollback import errors
from rollback.flow import left_alone
from rollback.flow import undo
from rollback.records import run as runs
from rollback.cli import command
from rollback.flow.health import failed, failing
from rollback.flow.job import Job
from rollback.script.launch import Ending
from rollback.model import Check, HealthReport, Outcome, TargetResult

PRECEDENCE = (10, 130, 5, 8, 7, 11, 0)
_REFUSED: dict[int, tuple[type[errors.RollbackError], str]] = {
    2: (errors.Usage, "run-invalid"),
    4: (errors.ApprovalNeeded, "approval-invalid"),
    6: (errors.Blocked, "plan-blocked"),
    9: (errors.Locked, "locked"),
    10: (errors.Drifted, "drifted"),
    12: (errors.Unreadable, "unreadable"),
    69: (errors.NotInstalled, "tool-missing"),
}


def refuse(ending: Ending) -> None:
    """Raise the error with which the script stopped before it changed anything, if it did."""
    if ending.exit in (0, 5, 8, 130) or ending.exit < 0:
        return
    kind, code = _REFUSED.get(ending.exit, (errors.RollbackError, "script-broke"))
    raise kind(
        code,
        ending.message or f"the script ended with {ending.exit} and did not say why",
        ending.fix,
    )


def tell(
    job: Job, ending: Ending, targets: Sequence[TargetResult], health: HealthReport
) -> Outcome:
    exit = _exit(job, ending, targets, health)
    word = _word(job, exit, targets)
    both = _compared(job.plan.health, health)
    return Outcome(
        word,  # type: ignore[arg-type]
        exit,
        str(job.folder),
        tuple(targets),
        both,
        _open(job, exit),
        _next(job, exit, targets),
        _stays(job),
    )


def already(job: Job, targets: Sequence[TargetResult], health: HealthReport) -> Outcome:
    """Nothing had to be done. What nobody could look at is not held against it: nothing was switched.

    A restore returns to what was left because it failed: that it still does is told, and no news.
    """
    begun = runs.started(job.folder)
    found = tuple(
        target
        if begun
        else replace(target, state="unchanged", proof=f"already there: {target.proof}")
        for target in targets
    )
    exit = 7 if health.verdict == "unhealthy" and job.request.verb == "execute" else 0
    both, left = _compared(job.plan.health, health), _left_alone(job)
    following = _next(job, exit, found)
    return Outcome("already", exit, str(job.folder), found, both, left, following, _stays(job))


def _exit(job: Job, ending: Ending, targets: Sequence[TargetResult], health: HealthReport) -> int:
    if ending.exit != 0:
        return 130 if ending.exit < 0 else ending.exit  # killed: it can go on
    exits = {{"unhealthy": 7, "unknown": 11}.get(health.verdict, 0)}
    if any(target.state in ("failed", "unchanged") for target in targets):
        exits.add(5)
    late = any(check.verdict == "waiting" for check in failing(health.checks, job.plan.health))
    if job.left() == 0 and late:
        exits.add(8)
    return next(code for code in PRECEDENCE if code in exits)


def _word(job: Job, exit: int, targets: Sequence[TargetResult]) -> str:
    if exit in (8, 130):
        return "interrupted"
    if exit == 5:
        return (
            "partial"
            if any(target.state in ("rolled-back", "restored") for target in targets)
            else "failed"
        )
    if job.request.verb == "restore":
        return "restored"
    return "partial" if _stays(job) else "done"


def _compared(before: HealthReport, after: HealthReport) -> HealthReport:
    """Both looks, side by side; what failed before, too, is said to."""
    broken = failed(before)
    earlier = [replace(check, phase="before") for check in before.checks]
    later = [_marked(check, broken) for check in after.checks if check.phase != "before"]
    return HealthReport(after.verdict, (*earlier, *later))


def _marked(check: Check, broken: set[str]) -> Check:
    """What moved; the rest was marked when it was looked at."""
    twice = check.moved and check.verdict == "unhealthy" and check.name in broken
    return replace(check, detail=f"{check.detail} (failed before, too)".strip()) if twice else check


def _open(job: Job, exit: int) -> tuple[str, ...]:
    if job.request.verb == "restore":
        return tuple(undo.limits(job.plan)) if exit == 5 else ()
    follow_up = (finding.message for finding in job.plan.follow_up)
    reminders = (step.reminder for step in job.plan.steps if step.reminder)
    back = _way_back(job) if exit in (5, 7, 11) else ()
    return (*back, *_left_alone(job), *follow_up, *reminders)


def _left_alone(job: Job) -> tuple[str, ...]:
    """What the rollback did not move, with the setting that moves it; a restore leaves nothing behind."""
    return tuple(left_alone.items(job.plan)) if job.request.verb == "execute" else ()


def _stays(job: Job) -> tuple[str, ...]:
    return tuple(left_alone.stays(job.plan)) if job.request.verb == "execute" else ()


def _way_back(job: Job) -> tuple[str, ...]:
    if not runs.started(job.folder):
        return ()
    command_line = (
        (f"to take it back: {command('restore', job.folder)}",) if undo.is_open(job.plan) else ()
    )
    return (*command_line, *undo.limits(job.plan))


def _next(job: Job, exit: int, targets: Sequence[TargetResult]) -> str:
    again = exit in (8, 130) or (exit == 5 and not _for_good(job, targets))
    return command(job.request.verb if again else "summary", job.folder)


def _for_good(job: Job, targets: Sequence[TargetResult]) -> bool:
    """Is what a restore has not taken back only what has no way back? Then running it again changes nothing."""
    left = {index for index, target in enumerate(targets) if target.state != "restored"}
    return job.request.verb == "restore" and left <= undo.closed(job.plan)
