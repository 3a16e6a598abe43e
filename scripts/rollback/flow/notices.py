"""Tell the receivers of the settings that a run started and how it ended.

Beside the run, never in its way: a receiver that hangs costs a few seconds at the very end.
"""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Callable, Iterator
from queue import SimpleQueue

from msgspec.structs import replace

from rollback import clock
from rollback.approval import person
from rollback.errors import RollbackError, Usage
from rollback.flow import labels
from rollback.flow.job import Job
from rollback.model import Event, Finding, Notice, NoticeMove, Outcome
from rollback.records import audit, disk
from rollback.settings.environment import Environment
from rollback.settings.model import NotifySettings

WAIT = 5.0  # seconds that the end waits for receivers, in all
_ENDS: dict[str, Event] = {"done": "done", "already": "done", "restored": "restored"}
_WELL = (0, 11)  # exit codes of a run that arrived and is not known to be unhealthy


def findings(environment: Environment) -> Iterator[Finding]:
    """Yield a warning for each receiver that will hear nothing."""
    from rollback.notify import _sending

    for row in environment.settings.notify:
        try:
            _sending.address(row.url, os.environ)
        except Usage as error:
            yield Finding("warning", error.code, error.message, error.fix)


class Notices:
    """The notices of one start of a run."""

    def __init__(self, job: Job, reason: str, report: Callable[[str], None]) -> None:
        self._job, self._notice, self._report = job, _notice(job, reason), report
        self._lines: list[_Line] = []

    def started(self) -> None:
        """Find the receivers, and tell them without waiting. Never raises: it is no step."""
        try:
            self._lines = [_Line(row) for row in _receivers(self._job)]
        except RollbackError:
            return  # settings broken since the plan; what follows reports them
        self._send(self._notice)

    def of(self, conclude: Callable[[], Outcome]) -> Outcome:
        """Return the outcome, and tell the receivers how it ended, whatever the end is."""
        try:
            outcome = conclude()
        except BaseException as error:
            self.stopped(error)
            raise
        self.ended(outcome)
        return outcome

    def ended(self, outcome: Outcome) -> None:
        """Send the result, wait a moment, write to the audit who was told."""
        event = _ENDS.get(outcome.outcome, "failed") if outcome.exit in _WELL else "failed"
        if event == "done" and self._notice.verb == "restore":
            event = "restored"
        self._finish(
            replace(
                self._notice,
                event=event,
                at=clock.now(),
                outcome=outcome.outcome,
                exit=outcome.exit,
                health=outcome.health.verdict,
                moves=tuple(_moves(self._job, outcome)),
                open=tuple(audit.masked(item) for item in outcome.open),
            )
        )

    def stopped(self, error: BaseException) -> None:
        """Send why there is no result: the script refused, or it was interrupted."""
        notice = replace(self._notice, event="failed", at=clock.now())
        if isinstance(error, RollbackError):
            code, text = error.exit_code, audit.masked(error.message)
            self._finish(replace(notice, outcome="refused", exit=code, message=text))
        else:
            code = 130 if isinstance(error, KeyboardInterrupt) else 1
            self._finish(replace(notice, outcome="interrupted", exit=code))

    def _finish(self, notice: Notice) -> None:
        """Send it and wait a moment; Ctrl-C ends the waiting, not the run."""
        self._send(notice)
        until = time.monotonic() + WAIT
        with contextlib.suppress(KeyboardInterrupt):
            for line in self._lines:
                line.end(max(until - time.monotonic(), 0.0))
        with disk.reported_errors(self._report):
            for line in self._lines:
                self._record(line)

    def _record(self, line: _Line) -> None:
        for event, result in line.results.items():
            self._job.audit(
                "notice", notice=event, kind=line.kind, variable=line.variable, result=result
            )

    def _send(self, notice: Notice) -> None:
        for line in self._lines:
            line.put(notice)


class _Line:
    """One receiver, in a thread of its own: one that hangs keeps no other one waiting."""

    def __init__(self, settings: NotifySettings) -> None:
        self.kind, self.variable = settings.kind, settings.url
        self.results: dict[Event, str] = {}
        self._queue: SimpleQueue[Notice | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._thread.start()

    def put(self, notice: Notice) -> None:
        self.results[notice.event] = "no answer in time"
        self._queue.put(notice)

    def end(self, seconds: float) -> None:
        """Wait until all is sent, or for so long."""
        self._queue.put(None)
        self._thread.join(seconds)

    def _work(self) -> None:
        from rollback.notify import _sending, receivers

        receiver = receivers[self.kind]
        while (notice := self._queue.get()) is not None:
            result = _sending.send(receiver, notice, self.variable, os.environ)
            self.results[notice.event] = result


def _receivers(job: Job) -> tuple[NotifySettings, ...]:
    from rollback.settings import environment, load

    settings = load.load(job.request.project)
    found = environment.resolve(job.request.project, settings, job.plan.environment)
    return found.settings.notify


def _notice(job: Job, reason: str) -> Notice:
    plan = job.plan
    return Notice(
        event="started",
        verb=job.direction.verb,
        at=clock.now(),
        project=job.request.project.resolve().name,
        environment=plan.environment,
        protected=plan.protected,
        level=plan.level,
        run=job.folder.name,
        by=person.name(),
        reason=audit.masked(reason),
        moves=tuple(_moves(job)),
    )


def _moves(job: Job, outcome: Outcome | None = None) -> Iterator[NoticeMove]:
    """Yield each move by the names that people know; `now` once the outcome tells it."""
    rows = {(row.component, row.target): row for row in outcome.targets} if outcome else {}
    for move in job.plan.moves:
        ends = job.direction.ends(move)
        left, goal = map(labels.release, ends)
        target = move.target
        row = rows.get((target.component, target.app))
        names = {each.id: labels.release(each) for each in ends}
        now = names.get(row.now or "", row.now) if row else None
        yield NoticeMove(target.component, target.app, left, goal, now)
