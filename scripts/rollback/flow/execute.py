"""Do it, or take it back: one function with a verb. Approve, run the script, read back, look at health, write it down."""

from __future__ import annotations

import fcntl
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING

from msgspec.structs import replace

from rollback.approval import approvals
from rollback.records import audit
from rollback.records import disk
from rollback.records import journal
from rollback.records import lock
from rollback.approval import person
from rollback.script import render
from rollback.records import run as runs
from rollback.cli import command
from rollback.errors import Interrupted, RollbackError
from rollback.flow import job, others, outcome, result, settled
from rollback.approval import approve
from rollback.script import launch
from rollback.flow import health as flow_health
from rollback.flow.job import Job, Request
from rollback.model import Check, HealthReport, Outcome

if TYPE_CHECKING:
    from rollback.flow.history import Place

__all__ = ["Request", "run"]

HEALTH_SECONDS = 120.0
Tell = Callable[[str], None]


def run(request: Request, tell: Tell) -> Outcome:
    """Raises what stops it before anything changed (exit 2, 4, 6, 9, 10, 12, 69); every other ending is an Outcome with its exit."""
    one = job.load(request)
    with (
        launch.stopping(),
        lock.hold(
            request.project, f"{person.name()}, {request.verb} of run {one.folder.name}"
        ) as handle,
    ):
        if _nobody_asked(request) and settled.arrived(one):
            return _look_again(one, tell)
        approved = _approved(one)
        try:
            one.audit("approval", by=approved.by, reason=approved.reason, digest=one.digest)
            with ThreadPoolExecutor(1) as meanwhile:
                ready = meanwhile.submit(_get_ready, one)
                ending = _start(one, approved, handle, tell)
        finally:
            with disk.tolerating(tell):
                approvals.revoke_all(request.project)
        try:
            return _conclude(one, ending, ready, approved.reason, tell)
        except KeyboardInterrupt:
            fix = f"{command(request.verb, one.folder)} looks again"
            raise Interrupted(
                "interrupted",
                "interrupted after the script had ended: its result was not looked at",
                fix,
            ) from None
        finally:
            if (
                ending.exit >= 0
            ):  # a server that a step started holds our descriptor, and must not lock the next run out
                fcntl.flock(handle, fcntl.LOCK_UN)


def _nobody_asked(request: Request) -> bool:
    """An approval that came along is used up in the ordinary way."""
    return request.nonce is None and request.digest is None


def _look_again(one: Job, tell: Tell) -> Outcome:
    """The answer about a run that has arrived; its result is written down if it never was."""
    with ThreadPoolExecutor(1) as meanwhile:
        ready = meanwhile.submit(_get_ready, one)
        if one.concluded:
            return outcome.already(one, result.read_back(one), _look(one, ready))
        told = _conclude(one, launch.Ending(0), ready, "", tell)
    return replace(told, outcome="already", exit=0) if one.request.verb == "restore" else told


def _look(one: Job, ready: Future[Place]) -> HealthReport:
    """One look at health, compared with the plan's."""
    try:
        where, verb = ready.result(), one.request.verb
        found = flow_health.look(where.environment, one.plan.moves, where.shell, "after", verb)
        return flow_health.report(found.checks, one.plan.health)
    except RollbackError as error:
        return _unknown(error)


def _unknown(error: RollbackError) -> HealthReport:
    return HealthReport("unknown", (Check("health", "unknown", error.message, "after"),))


def _approved(one: Job) -> approve.Approved:
    """A refusal takes its own key along and leaves the one of another session's question alone."""
    try:
        approved = approve.obtain(_asked(one))
        return (
            approved
            if approved.reason or one.request.verb == "restore"
            else replace(approved, reason=runs.reason(one.folder))
        )
    except BaseException:
        approvals.revoke(one.request.project, one.request.nonce or "")
        raise


def _asked(one: Job) -> approve.Asked:
    def shown() -> str:
        from rollback.commands import present

        text = present.plan_text(one.plan, str(one.folder), one.digest)
        return text if asked.verb == "execute" else f"RESTORE: takes this rollback back\n{text}"

    asked = one.request
    return approve.Asked(
        asked.project,
        one.plan,
        asked.verb,
        one.digest,
        shown,
        asked.nonce,
        asked.digest,
        asked.force,
        asked.reason,
    )


def _start(one: Job, approved: approve.Approved, handle: int, tell: Tell) -> launch.Ending:
    approvals.forget_phrases(one.request.project)
    audit.take_over(one.request.project)  # what scripts run by hand did since
    one.audit("start", digest=one.digest)
    hand_over = {"ROLLBACK_NONCE": approved.nonce}
    if (left := one.left()) is not None:
        hand_over["ROLLBACK_SECONDS"] = str(int(left))
    content = one.files[render.SCRIPTS[one.request.verb]]
    return launch.run(
        content,
        one.folder,
        {**launch.environment(render.variables(one.plan)), **hand_over},
        handle,
        tell,
    )


def _conclude(
    one: Job, ending: launch.Ending, ready: Future[Place], reason: str, tell: Tell
) -> Outcome:
    with disk.tolerating(tell):
        journal.own(one.folder)
        audit.take_over(one.request.project, one.folder)
    try:
        outcome.refuse(ending)
    except RollbackError as error:
        with disk.tolerating(tell):
            one.audit("end", outcome="refused", code=error.code, exit=error.exit_code)
        raise others.told(one, error) from None
    with ThreadPoolExecutor(1) as beside:  # both only read
        reading = beside.submit(result.read_back, one)
        health = _health(one, ending, ready, tell)
        targets = reading.result()
    new = ending.exit != 0 or not _nothing_new(one)
    told = (
        outcome.tell(one, ending, targets, health) if new else outcome.already(one, targets, health)
    )
    with disk.tolerating(tell):
        states = {each.target: each.state for each in targets}
        one.audit(
            "end", outcome=told.outcome, exit=told.exit, health=told.health.verdict, targets=states
        )
    if new:  # after the audit: the summary holds the head of the whole chain
        with disk.tolerating(tell):
            _write_down(one, told, health, reason)
    return told


def _nothing_new(one: Job) -> bool:
    """Had this run come to its end before (or never begun), and did the script find nothing to do now?"""
    return len(runs.journal(one.folder)) == one.lines_before and (
        one.lines_before == 0 or one.concluded
    )


def _get_ready(one: Job) -> Place:
    """While the script runs: what the looks at health and the summary will need. Raises what `place` raises."""
    import jinja2  # noqa: F401

    from rollback.flow import history, summary  # noqa: F401

    where = history.place(one.request.project, one.plan.environment)
    if prepare := getattr(where.adapter, "prepare", None):
        prepare(one.plan.moves, where.shell)
    return where


def _health(one: Job, ending: launch.Ending, ready: Future[Place], tell: Tell) -> HealthReport:
    """One look after a failure, a wait after a success; none when time is up or somebody wants it to end."""
    if ending.exit not in (0, 5):
        return HealthReport("unknown")
    if ending.exit == 5:
        return _look(one, ready)
    try:
        where = ready.result()
        tell("looking at health")
        left = one.left()
        seconds = HEALTH_SECONDS if left is None else min(HEALTH_SECONDS, left)
        return flow_health.wait(where.environment, one.plan, where.shell, seconds, one.request.verb)
    except RollbackError as error:
        return _unknown(error)


def _write_down(one: Job, told: Outcome, health: HealthReport, reason: str) -> None:
    from rollback.flow import history, summary

    flow_health.keep(one.folder, told.health)
    result.record(one.plan, one.folder, one.request.verb, told.targets, health)
    history.forget(one.request.project)
    summary.write(one.request.project, one.folder, told, reason or None)
