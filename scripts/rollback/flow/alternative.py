"""What a person can do where somebody else changed a target: the plan that moves the others."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rollback.cli import command
from rollback.errors import Drifted, RollbackError
from rollback.flow import read_back
from rollback.flow.job import Job
from rollback.model import Move
from rollback.records import run as runs
from rollback.text import clean

_MOST = 20  # names on one command line


def with_alternative(job: Job, error: RollbackError) -> RollbackError:
    """Name the target that changed, and the plan that moves the others and leaves it alone.

    Nothing is done around a foreign change before a person has approved a plan that says so.
    """
    moves = job.plan.moves
    if not isinstance(error, Drifted) or not runs.started(job.folder):
        return error
    places = read_back.places(job)
    changed = [_name(job, move) for move in moves if places.get(move.id) == "elsewhere"]
    left = [move for move in moves if places.get(move.id) == "start"]
    if not changed or not left:
        return _with_close(job, error)
    more = f" and {len(changed) - _MOST} more" if len(changed) > _MOST else ""
    names = clean(", ".join(changed[:_MOST]), 400) + more
    commands = [*_close(job), *_plans(job, left)]
    fix = f"to leave {names} alone and move only the others: {' ; then '.join(commands)}"
    message = f"{error.message} (changed by somebody else since: {names})"
    return Drifted(error.code, message, fix)


def _with_close(job: Job, error: RollbackError) -> RollbackError:
    """An unfinished run keeps every new plan away until it is closed."""
    if close := _close(job):
        return Drifted(error.code, error.message, f"{close[0]} ; then {error.fix}")
    return error


def _name(job: Job, move: Move) -> str:
    """Return what --app calls this move."""
    several = len(job.plan.components) > 1
    return f"{move.target.component}/{move.target.app}" if several else move.target.app


def _close(job: Job) -> list[str]:
    unfinished = runs.state(job.folder) == "unfinished"
    return [command("plan", "--abandon", job.folder)] if unfinished else []


def _plans(job: Job, moves: Sequence[Move]) -> Iterator[str]:
    """Return one plan command per target release."""
    by_release: dict[str, list[str]] = {}
    for move in moves:
        goal = job.direction.ends(move)[1]
        by_release.setdefault(goal.id, []).append(_name(job, move))
    for release, apps in by_release.items():
        words = [word for app in apps[:_MOST] for word in ("--app", app)]
        more = f" (and --app for {len(apps) - _MOST} more)" if len(apps) > _MOST else ""
        yield command("plan", job.plan.environment, release, *words) + more
