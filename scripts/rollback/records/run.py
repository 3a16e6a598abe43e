"""Run folders: everything about one rollback in one private folder of the project."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Literal

import msgspec
from msgspec.structs import replace

from rollback import clock
from rollback.records import disk
from rollback.errors import Blocked, Usage
from rollback.records.journal import JournalLine, effect, in_effect
from rollback.model import Move, Plan, Step
from rollback.text import clean

State = Literal["new", "unfinished", "finished", "restored", "abandoned"]
Purpose = Literal["execute", "restore", "summary"]

ABANDONED = (
    "abandoned.json"  # not part of the digest: closing a run does not change what was approved
)
BACKUP = "backup"  # the folder with what a database held before the run
REASON = "reason.txt"  # not part of the digest, either
_NAME = re.compile(r"\.rollback-checkpoint-\d{8}-\d{6}")
_FORMAT = ".rollback-checkpoint-%Y%m%d-%H%M%S"
YOUNG = 900  # seconds during which a folder may still be under construction
_LONGEST_REASON = 1000  # characters

journal = in_effect


def create(project: Path) -> Path:
    """Create a run folder named by the current second (UTC) or the next free one.

    Raises Usage (not-writable).
    """
    moment = datetime.now(timezone.utc)
    with disk.readable_errors(project):
        while True:
            folder = project / moment.strftime(_FORMAT)
            try:
                folder.mkdir(0o700)
            except FileExistsError:
                moment += timedelta(seconds=1)
                continue
            folder.chmod(0o700)  # whatever the umask takes away, the owner needs
            disk.own(folder)
            return folder


def folders(project: Path) -> list[Path]:
    """Return the project's runs, oldest first; links and files do not count."""
    try:
        entries = [
            entry
            for entry in os.scandir(project)
            if _NAME.fullmatch(entry.name) and entry.is_dir(follow_symlinks=False)
        ]
    except OSError:
        return []
    return [project / name for name in sorted(entry.name for entry in entries)]


def find(
    project: Path, which: str | None, purpose: Purpose, environment: str | None = None
) -> Path:
    """Return the run with this path or name, else the newest of the environment.

    For restore, the newest is the newest that was started.

    Raises Usage (no-run), Blocked (run-abandoned); never falls back to an older run.
    """
    folder = _named(project, which) if which else _newest(project, purpose, environment)
    if purpose == "execute" and state(folder) == "abandoned":
        raise Blocked(
            "run-abandoned",
            f"run {folder.name} was closed with --abandon",
            "make a new plan; restore.py can still undo this run",
        )
    if purpose == "restore" and not journal(folder):
        raise Usage(
            "run-not-started",
            f"run {folder.name} was never started: there is nothing to restore",
            "name a run that was started",
        )
    return folder


def _newest(project: Path, purpose: Purpose, environment: str | None) -> Path:
    for folder in reversed(folders(project)):
        if (purpose != "restore" or started(folder)) and (
            environment is None or _is_of(folder, environment)
        ):
            return folder
    of = f" of {environment}" if environment else ""
    if purpose == "restore":
        raise Usage(
            "no-run", f"no run{of} was ever started in {project}", "there is nothing to undo"
        )
    raise Usage("no-run", f"there is no run{of} in {project}", "make a plan first: plan.py")


def _is_of(run: Path, environment: str) -> bool:
    try:
        return load_plan(run).environment == environment
    except Usage:
        return False  # its purpose is unknown by then


def _named(project: Path, which: str) -> Path:
    for folder in ([] if os.sep in which else [project / which]) + [Path(which)]:
        name = Path(os.path.abspath(folder))
        if _NAME.fullmatch(name.name) and name.is_dir() and not name.is_symlink():
            return name.resolve()
    known = ", ".join(folder.name for folder in folders(project)[-3:]) or "none"
    raise Usage(
        "no-run",
        f"{which!r} is not a run folder (newest runs here: {known})",
        "name a run by its path or folder name",
    )


def save_plan(run: Path, plan: Plan) -> None:
    """Save the plan without the adapters' `facts` and `serves`. Raises Usage (not-writable)."""
    components = tuple(
        replace(component, moves=tuple(map(_without_facts, component.moves)))
        for component in plan.components
    )
    content = msgspec.json.encode(replace(plan, components=components))
    disk.write(run / "plan.json", msgspec.json.format(content, indent=1))


def _without_facts(move: Move) -> Move:
    current, to = (replace(release, facts=None, serves=None) for release in (move.current, move.to))
    return replace(move, current=current, to=to)


def load_plan(run: Path) -> Plan:
    """Load the plan. Raises Usage (plan-missing, plan-damaged)."""
    try:
        content = (run / "plan.json").read_bytes()
    except FileNotFoundError:
        raise Usage(
            "plan-missing",
            f"run {run.name} has no plan: planning was interrupted",
            "make a new plan: plan.py",
        ) from None
    except OSError as error:
        raise _damaged(run, str(error.strerror)) from None
    return read_plan(content, run)


def read_plan(content: bytes, run: Path) -> Plan:
    """The plan in these bytes of the run's plan.json. Raises Usage (plan-damaged)."""
    try:
        return msgspec.json.decode(content, type=Plan)
    except (msgspec.MsgspecError, RecursionError):
        raise _damaged(run, "it is incomplete, changed, or from another version") from None


def _damaged(run: Path, why: str) -> Usage:
    message = f"{run / 'plan.json'} cannot be read: {why}"
    return Usage("plan-damaged", message, "make a new plan")


def keep_reason(run: Path, reason: str | None) -> None:
    """Keep the plan's reason for its run. Raises Usage (not-writable)."""
    if reason:
        disk.write(run / REASON, reason.encode(errors="replace"))


def reason(run: Path) -> str:
    """Return why the plan was made; "" without a reason."""
    try:
        return clean(
            (run / REASON).read_bytes()[:_LONGEST_REASON].decode(errors="replace"), _LONGEST_REASON
        )
    except OSError:
        return ""


def started(run: Path) -> bool:
    """Whether a script began to change something."""
    return bool(journal(run))


def state(run: Path) -> State:
    """Derive the run's state from its journal; without all steps done it is unfinished."""
    if os.path.lexists(run / ABANDONED):
        return "abandoned"
    lines = journal(run)
    if not lines:
        return "new"
    try:
        plan = load_plan(run)
    except Usage:
        return "unfinished"  # a run that cannot be proven finished is unfinished
    changed, held = effect(lines)
    if lines[-1].script == "restore.sh":
        undone = {step.id for step in plan.steps if step.undo}
        return "unfinished" if changed & undone else "restored"
    done = held >= _expected(plan) or over(plan, lines)
    return "finished" if done else "unfinished"


def over(plan: Plan, lines: Sequence[JournalLine]) -> list[Step]:
    """Return the steps that were begun and not done, and are never run again: see Step.once."""
    last = {line.step: line.event for line in lines if line.script == "rollback.sh"}
    return [step for step in plan.steps if step.once and last.get(step.id) in ("start", "failed")]


def _expected(plan: Plan) -> set[str]:
    """List what a finished run's journal shows as done: steps, and locks taken and released."""
    locks = {f"{lock.id}.{event}" for lock in plan.locks for event in ("take", "release")}
    return {step.id for step in plan.steps} | locks


def unfinished(project: Path) -> Path | None:
    """Return the newest unfinished run."""
    return next(
        (folder for folder in reversed(folders(project)) if state(folder) == "unfinished"), None
    )


def abandon(run: Path) -> None:
    """Close a run for good; its folder stays. Raises Usage (not-writable)."""
    disk.write(run / ABANDONED, msgspec.json.encode({"at": clock.now()}))


def sweep(project: Path) -> None:
    """Remove what commands of killed runs left in the run folders: it may hold secrets."""
    for folder in folders(project):
        for left in folder.glob(".output.*"):
            if left.is_dir() and not left.is_symlink():
                shutil.rmtree(left, ignore_errors=True)
            else:
                left.unlink(missing_ok=True)
