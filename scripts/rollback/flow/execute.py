"""Execute or restore: one function with a direction.

Approve, run the script, read back, check health, record.
"""

from __future__ import annotations

import contextlib
import fcntl
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING

from msgspec.structs import replace

from rollback.approval import approvals, approve, person, phrases, private
from rollback.cli import command
from rollback.errors import Interrupted, RollbackError
from rollback.flow import health as flow_health, job as jobs
from rollback.flow import read_back, record, result, settled, standing
from rollback.flow.job import Job, Request
from rollback.flow.logged import Window
from rollback.flow.notices import Notices
from rollback.model import Check, HealthReport, Outcome, TargetResult
from rollback.records import audit, disk, journal, lock
from rollback.records import run as runs
from rollback.script import launch, render
from rollback.script.launch import Ending

if TYPE_CHECKING:
    from rollback.flow.site import Site

__all__ = ["Request", "run"]

HEALTH_SECONDS = 120.0
Report = Callable[[str], None]  # a line of progress


def run(request: Request, report: Report) -> Outcome:
    """Run the script of a plan and return its Outcome.

    Raises whatever stops the run before a change (exit 2, 4, 6, 9, 10, 12, 69); every other
    ending is an Outcome.
    """
    job = jobs.load(request)
    owner = f"{person.name()}, {request.verb} of run {job.folder.name}"
    with launch.stopping(), lock.hold(request.project, owner) as handle:
        if _is_without_approval(request) and settled.arrived(job):
            return _arrived_outcome(job, report)
        approved = _approved(job)
        notices = Notices(job, approved.reason, report)
        ending, ready = _act(job, approved, notices, handle, report)
        try:
            return notices.of(lambda: _conclude(job, ending, ready, approved.reason, report))
        except KeyboardInterrupt:
            raise _not_checked(job) from None
        finally:
            # a server that a step started holds our descriptor, and must not lock the next run out
            if ending.exit >= 0:
                fcntl.flock(handle, fcntl.LOCK_UN)


def _is_without_approval(request: Request) -> bool:
    """Whether no approval was given; one that was is used up by the ordinary run."""
    return request.nonce is None and request.digest is None


def _not_checked(job: Job) -> Interrupted:
    fix = f"check it: {command(job.direction.verb, job.folder)}"
    message = "interrupted after the script had ended: its result was not checked"
    return Interrupted("interrupted", message, fix)


def _arrived_outcome(job: Job, report: Report) -> Outcome:
    """Answer about a run that has arrived; write its result if it never was."""
    with ThreadPoolExecutor(1) as beside:
        ready = beside.submit(_get_ready, job)
        if job.concluded:
            return result.already(job, read_back.targets(job), _check_health(job, ready))
        outcome = _conclude(job, Ending(0), ready, "", report)
    quiet = job.direction.verb == "restore" and not outcome.stays
    return replace(outcome, outcome="already", exit=0) if quiet else outcome


def _approved(job: Job) -> approve.Approved:
    """Revoke only this run's approval: another session may have asked its own question."""
    try:
        approved = approve.obtain(job)
        if approved.reason or job.direction.verb == "restore":
            return approved
        return replace(approved, reason=runs.reason(job.folder))
    except BaseException:
        approvals.revoke(job.request.project, job.request.nonce or "")
        raise


def _act(
    job: Job, approved: approve.Approved, notices: Notices, handle: int, report: Report
) -> tuple[Ending, Future[Site]]:
    """Run the script; meanwhile get ready for what comes after it."""
    try:
        job.audit("approval", by=approved.by, reason=approved.reason, digest=job.digest)
        with ThreadPoolExecutor(2) as beside:
            ready = beside.submit(_get_ready, job)
            beside.submit(notices.started)
            return _start(job, approved, handle, report), ready
    finally:
        with disk.reported_errors(report):
            private.revoke_all(job.request.project)


def _start(job: Job, approved: approve.Approved, handle: int, report: Report) -> Ending:
    phrases.forget(job.request.project)
    audit.take_over(job.request.project)  # journal lines of scripts run by hand since then
    job.audit("start", digest=job.digest)
    variables = {
        **launch.environment(render.variables(job.plan)),
        "ROLLBACK_NONCE": approved.nonce,
    }
    if (seconds := job.left()) is not None:
        variables["ROLLBACK_SECONDS"] = str(int(seconds))
    return launch.run(job.script, job.folder, variables, handle, report)


def _conclude(
    job: Job, ending: Ending, ready: Future[Site], reason: str, report: Report
) -> Outcome:
    with disk.reported_errors(report):
        journal.own(job.folder)
        audit.take_over(job.request.project, job.folder)
    _refuse(job, ending, report)
    switches = standing.Reading(job.plan.moves, ready)
    with ThreadPoolExecutor(1) as beside:  # all of them only read
        reading = beside.submit(read_back.targets, job)
        health = _health(job, ending, ready, report)
        targets = reading.result()
    if ending.exit == 0 and _nothing_new(job):
        outcome = result.already(job, targets, health)
        _audit_end(job, outcome, report)
        return outcome
    if ending.exit == 0 and result.nothing_to_undo(job):
        outcome = result.already(job, targets, health)
    else:
        outcome = result.outcome(job, ending, targets, health, switches.answer())
    _audit_end(job, outcome, report)
    # after the audit: the summary holds the head of the whole chain
    with disk.reported_errors(report):
        _write_down(job, outcome, health, reason)
        _see_again(job, ready)
    return outcome


def _refuse(job: Job, ending: Ending, report: Report) -> None:
    """Raise whatever stopped the script before it changed anything."""
    try:
        result.refuse(job, ending)
    except RollbackError as error:
        with disk.reported_errors(report):
            job.audit("end", outcome="refused", code=error.code, exit=error.exit_code)
        raise


def _audit_end(job: Job, outcome: Outcome, report: Report) -> None:
    with disk.reported_errors(report):
        job.audit(
            "end",
            outcome=outcome.outcome,
            exit=outcome.exit,
            health=outcome.health.verdict,
            targets=_states(outcome.targets),
        )


def _states(targets: tuple[TargetResult, ...]) -> dict[str, str]:
    """Return the state of each target, with its component if there are several."""
    several = len({target.component for target in targets}) > 1
    return {
        f"{target.component}/{target.target}" if several else target.target: target.state
        for target in targets
    }


def _nothing_new(job: Job) -> bool:
    """Whether the run had already ended (or never begun) and the script found nothing to do."""
    unchanged = len(runs.journal(job.folder)) == job.lines_before
    return unchanged and (job.lines_before == 0 or job.concluded)


def _get_ready(job: Job) -> Site:
    """Find, while the script runs, what health and summary need. Raises what site.find raises."""
    import jinja2  # noqa: F401

    from rollback.flow import history, summary  # noqa: F401
    from rollback.flow import site as sites

    site = sites.find(job.request.project, job.plan.environment)
    for source in site.sources:
        if moves := source.moves_of(job.plan.moves):
            source.platform.prepare(moves, source.shell)
    return site


def _health(job: Job, ending: Ending, ready: Future[Site], report: Report) -> HealthReport:
    """Check health: once after a failure, until a deadline after a success, never once stopped."""
    if ending.exit not in (0, 5):
        return HealthReport("unknown")
    if ending.exit == 5:
        return _check_health(job, ready)
    try:
        site = ready.result()
        report("checking health")
        seconds = job.left()
        seconds = HEALTH_SECONDS if seconds is None else min(HEALTH_SECONDS, seconds)
        return flow_health.wait(site, job.plan, seconds, job.direction, read_back.untouched(job))
    except RollbackError as error:
        return _unknown(error)


def _check_health(job: Job, ready: Future[Site]) -> HealthReport:
    """Check health once, compared with the plan's checks."""
    try:
        plan = job.plan
        window = Window("after", journal.seconds_since_last(job.folder), plan.health)
        latest = flow_health.look(ready.result(), plan.moves, "after", job.direction, window)
        return flow_health.report(latest.checks, plan.health)
    except RollbackError as error:
        return _unknown(error)


def _unknown(error: RollbackError) -> HealthReport:
    return HealthReport("unknown", (Check("health", "unknown", error.message, "after"),))


def _see_again(job: Job, ready: Future[Site]) -> None:
    """Keep what images run now: by the next time their tags may name others."""
    if not any(move.current.digests or move.to.digests for move in job.plan.moves):
        return
    from rollback.flow import history, selection

    with contextlib.suppress(RollbackError):
        history.read(selection.of(ready.result(), ()))


def _write_down(job: Job, outcome: Outcome, health: HealthReport, reason: str) -> None:
    from rollback.flow import history, summary

    flow_health.keep(job.folder, outcome.health)
    record.learned(job.plan, job.folder, job.direction, outcome.targets, health)
    history.forget(job.request.project)
    summary.write(job.request.project, job.folder, outcome, reason or None)
