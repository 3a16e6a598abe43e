"""The result: one outcome, one exit code, a state per target, health, and the next step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from rollback import errors
from rollback.cli import command
from rollback.flow import alternative, left_alone, still_open, undo
from rollback.flow.health import failing, failures, with_earlier
from rollback.flow.job import Job
from rollback.model import Check, HealthReport, Outcome, TargetResult
from rollback.records import also_taken_back
from rollback.records import run as runs
from rollback.script.launch import Ending

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


def refuse(job: Job, ending: Ending) -> None:
    """Raise the error with which the script stopped before it changed anything, if it did."""
    if ending.exit in (0, 5, 8, 130) or ending.exit < 0:
        return
    kind, code = _REFUSED.get(ending.exit, (errors.RollbackError, "script-broke"))
    message = ending.message or f"the script ended with {ending.exit} without an error message"
    raise alternative.with_alternative(job, kind(code, message, ending.fix))


def outcome(
    job: Job,
    ending: Ending,
    targets: Sequence[TargetResult],
    health: HealthReport,
    standing: Sequence[str] | None = None,
) -> Outcome:
    """Return the outcome; `standing` is None where the platforms did not tell."""
    exit = _exit(job, ending, targets, health)
    return Outcome(
        outcome=_word(job, exit, targets),  # type: ignore[arg-type]
        exit=exit,
        run=str(job.folder),
        targets=tuple(targets),
        health=_compared(job.plan.health, health),
        open=_open(job, exit, standing),
        next=_next(job, exit, targets),
        stays=_stays(job),
    )


def already(job: Job, targets: Sequence[TargetResult], health: HealthReport) -> Outcome:
    """Return the outcome when nothing had to be done.

    Unknown health is not counted against it: nothing was switched.

    A restore returns to what was left because it failed: that it still does is no news.
    """
    rows = tuple(targets) if _has_moved(job) else tuple(map(_unmoved, targets))
    also = _also_taken_back(job)
    unhealthy = health.verdict == "unhealthy" and job.direction.verb == "execute"
    exit = 5 if also else 7 if unhealthy else 0
    return Outcome(
        outcome="partial" if also else "already",
        exit=exit,
        run=str(job.folder),
        targets=rows,
        health=_compared(job.plan.health, health),
        open=(*also, *_left_alone(job)),
        next=_next(job, exit, rows),
        stays=_stays(job),
    )


def nothing_to_undo(job: Job) -> bool:
    """Whether this is a restore of a run that never began a step that can be undone."""
    return job.direction.verb == "restore" and not _has_moved(job)


def _has_moved(job: Job) -> bool:
    """Whether a step was begun, ever; of a restore: one that can be undone."""
    if job.direction.verb == "execute":
        return runs.started(job.folder)
    return _began_what_can_be_undone(job)


def _began_what_can_be_undone(job: Job) -> bool:
    undone = {step.id for step in job.plan.steps if step.undo}
    lines = runs.journal(job.folder)
    return any(line.script == "rollback.sh" and line.step in undone for line in lines)


def _unmoved(target: TargetResult) -> TargetResult:
    return replace(target, state="unchanged", proof=f"already there: {target.proof}")


def _exit(job: Job, ending: Ending, targets: Sequence[TargetResult], health: HealthReport) -> int:
    if ending.exit != 0:
        return 130 if ending.exit < 0 else ending.exit  # killed: it can be resumed
    exits = {{"unhealthy": 7, "unknown": 11}.get(health.verdict, 0)}
    if _also_taken_back(job) or any(row.state in ("failed", "unchanged") for row in targets):
        exits.add(5)
    late = any(check.verdict == "waiting" for check in failing(health.checks, job.plan.health))
    if job.left() == 0 and late:
        exits.add(8)
    return next(code for code in PRECEDENCE if code in exits)


def _word(job: Job, exit: int, targets: Sequence[TargetResult]) -> str:
    if exit in (8, 130):
        return "interrupted"
    if exit == 5:
        arrived = any(row.state == job.direction.done or row.partly for row in targets)
        return "partial" if arrived else "failed"
    if _stays(job):
        return "partial"
    return "restored" if job.direction.verb == "restore" else "done"


def _compared(before: HealthReport, after: HealthReport) -> HealthReport:
    """Return both checks side by side, marking those that failed before, too."""
    broken = failures(before)
    earlier = [replace(check, phase="before") for check in before.checks]
    later = [_marked(check, broken) for check in after.checks if check.phase != "before"]
    return HealthReport(after.verdict, (*earlier, *later))


def _marked(check: Check, broken: Mapping[str, str]) -> Check:
    """Mark checks of moved parts; the others were marked when they ran."""
    if not check.moved or check.verdict != "unhealthy" or check.name not in broken:
        return check
    return with_earlier(check, broken[check.name])


def _open(job: Job, exit: int, standing: Sequence[str] | None) -> tuple[str, ...]:
    also = _also_taken_back(job)
    if job.direction.verb == "restore":
        return (*also, *undo.limits(job.plan)) if exit == 5 else also
    follow_up = (finding.message for finding in job.plan.follow_up)
    steps = still_open.reminders(job.plan, runs.journal(job.folder))
    reminders = (step.reminder for step in steps)
    restore = _restore(job) if exit in (5, 7, 11) else ()
    left = (*also, *restore, *_left_alone(job))
    next_deploy = still_open.next_deploy(job.plan, standing is not None)
    return (*left, *(standing or ()), *follow_up, *next_deploy, *reminders)


def _left_alone(job: Job) -> tuple[str, ...]:
    """List what the rollback did not move, and the setting that moves it; empty for a restore."""
    return tuple(left_alone.items(job.plan)) if job.direction.verb == "execute" else ()


def _also_taken_back(job: Job) -> tuple[str, ...]:
    return also_taken_back.read(job.folder, job.direction.script)


def _stays(job: Job) -> tuple[str, ...]:
    """Return what is not as planned, although every step is proven."""
    also = map(also_taken_back.named, _also_taken_back(job))
    left = left_alone.stays(job.plan) if job.direction.verb == "execute" else ()
    return (*also, *left)


def _restore(job: Job) -> tuple[str, ...]:
    """Yield how to undo the run, and what cannot be undone."""
    if not runs.started(job.folder):
        return ()
    limits = tuple(undo.limits(job.plan))
    if not undo.is_possible(job.plan) or not _began_what_can_be_undone(job):
        return limits
    return (f"to undo it: {command('restore', job.folder)}", *limits)


def _next(job: Job, exit: int, targets: Sequence[TargetResult]) -> str | None:
    """Return the command that resumes the run, or plans the rest; None when it has ended."""
    if over := runs.over(job.plan, runs.journal(job.folder)) if exit in (5, 8, 130) else ():
        return over[0].once if job.direction.verb == "execute" else None
    again = exit in (8, 130) or (exit == 5 and not _for_good(job, targets) and not _more(job))
    return command(job.direction.verb, job.folder) if again else None


def _more(job: Job) -> bool:
    """Whether all is done, and more than that: running again changes nothing."""
    return bool(_also_taken_back(job)) and runs.state(job.folder) != "unfinished"


def _for_good(job: Job, targets: Sequence[TargetResult]) -> bool:
    """Whether all that a restore left undone is irreversible: running again changes nothing."""
    pairs = zip(job.plan.moves, targets, strict=True)
    left = {move.id for move, target in pairs if target.state != "restored"}
    return job.direction.verb == "restore" and left <= {
        *undo.irreversible(job.plan),
        *undo.planned_anew(job.plan),
    }
