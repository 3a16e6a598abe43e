"""A run that may start: its plan, the bytes that its digest covers, and how long there is."""

from __future__ import annotations

import time
from pathlib import Path

from msgspec import Struct

from rollback import clock
from rollback.approval import approvals
from rollback.records import audit
from rollback.flow import later, undo
from rollback.records import run as runs
from rollback.errors import Blocked, Drifted, Usage
from rollback.model import DIRECTIONS, Direction, Plan, Verb
from rollback.script import launch

SPARE = 30  # seconds before the deadline in which we end by ourselves


class Request(Struct, frozen=True):
    """The command line's arguments; `nonce` is the client's approval.

    `digest` is that of an unattended run.
    """

    project: Path
    verb: Verb
    run: str | None = None
    nonce: str | None = None
    digest: str | None = None
    force: bool = False
    reason: str | None = None
    deadline: float | None = None


class Job(Struct, frozen=True):
    request: Request
    folder: Path
    plan: Plan
    files: dict[str, bytes]
    digest: str
    until: float | None  # on the monotonic clock
    lines_before: int  # of the journal
    concluded: bool  # an earlier start wrote down its result after the journal's last line

    @property
    def direction(self) -> Direction:
        return DIRECTIONS[self.request.verb]

    @property
    def script(self) -> bytes:
        """Return the bytes that bash runs: the script as hashed, with the runner inlined."""
        return launch.whole(self.files, self.direction.script)

    def left(self) -> float | None:
        """Return the seconds until the deadline, None without one."""
        return None if self.until is None else max(0.0, self.until - time.monotonic())

    def audit(self, event: str, **facts: object) -> None:
        audit.record(
            self.request.project, event, run=self.folder.name, verb=self.request.verb, **facts
        )


def load(request: Request) -> Job:
    """Find the run and read its plan.

    Raises Usage (other-project), Blocked (plan-..., later-run), Drifted (plan-expired, ...),
    and what reading the run raises.
    """
    until = None if request.deadline is None else time.monotonic() + request.deadline - SPARE
    folder = runs.find(request.project, request.run, request.verb)
    files = approvals.contents(folder)
    plan = runs.read_plan(files["plan.json"], folder)
    if (
        Path(plan.project).resolve() != request.project.resolve()
        or folder.parent.resolve() != request.project.resolve()
    ):
        raise Usage(
            "other-project",
            f"run {folder} was planned for {plan.project}",
            "run it in that project, or make a new plan",
        )
    _refuse_unless_valid(plan, folder, request.verb)
    digest, lines = approvals.digest_of(files), len(runs.journal(folder))
    return Job(
        request, folder, plan, files, digest, until, lines, written_since(folder, "outcome.json")
    )


def written_since(folder: Path, name: str) -> bool:
    """Whether this record of a run was written after the last line of its journal."""
    try:
        return (folder / name).stat().st_mtime_ns >= (folder / "journal.jsonl").stat().st_mtime_ns
    except OSError:
        return False


def _refuse_unless_valid(plan: Plan, folder: Path, verb: Verb) -> None:
    """Reject invalid plans; an unfinished run and a restore do not expire."""
    if plan.verdict != "ready":
        why = "; ".join(finding.message for finding in plan.findings if finding.level == "blocker")
        raise Blocked(
            f"plan-{plan.verdict}",
            f"this plan is {plan.verdict}{': ' + why if why else ''}",
            "make a new plan",
        )
    if verb == "execute" and (over := runs.over(plan, runs.journal(folder))):
        message = f"run {folder.name} is over: {over[0].title} was begun, and runs only once"
        raise Blocked("run-over", message, f"make a new plan for what is left: {over[0].once}")
    if verb == "restore":
        undo.refuse_unless_possible(plan)
        later.refuse_restore(folder, plan)
    if verb == "restore" or runs.state(folder) not in ("new", "restored"):
        return
    if clock.seconds_since(plan.expires_at) > 0:
        raise Drifted("plan-expired", f"the plan expired at {plan.expires_at}", "make a new plan")
    if clock.seconds_since(plan.created_at) < -60:
        raise Drifted(
            "clock-set-back",
            f"the plan is dated in the future ({plan.created_at}): the clock was set back",
            "make a new plan",
        )
