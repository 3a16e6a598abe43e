"""One of many was changed by somebody else: which one, and the plan that takes the others where they were to go and leaves it alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rollback.records import run as runs
from rollback.cli import command
from rollback.errors import Drifted, RollbackError
from rollback.flow import result
from rollback.flow.job import Job
from rollback.model import Move
from rollback.text import clean

_MOST = 20  # names on one command line


def told(one: Job, error: RollbackError) -> RollbackError:
    """The same refusal, with the way on: nothing is done around a foreign change before a person has approved a plan that says so."""
    moves = one.plan.moves
    if not isinstance(error, Drifted) or len(moves) < 2 or not runs.started(one.folder):
        return error
    places, away = result.places(one), "current" if one.request.verb == "execute" else "to"
    changed = [
        move.target.app for index, move in enumerate(moves) if places.get(index) == "elsewhere"
    ]
    left = [move for index, move in enumerate(moves) if places.get(index) == away]
    if not changed or not left:
        return error
    names = clean(", ".join(changed[:_MOST]), 400) + (
        f" and {len(changed) - _MOST} more" if len(changed) > _MOST else ""
    )
    close = (
        [command("plan", "--abandon", one.folder)] if runs.state(one.folder) == "unfinished" else []
    )
    fix = f"to leave {names} alone and move only the others: {' ; then '.join([*close, *_plans(one, left)])}"
    return Drifted(error.code, f"{error.message} (changed by somebody else since: {names})", fix)


def _plans(one: Job, left: Sequence[Move]) -> Iterator[str]:
    """One for each release that they go to."""
    by_release: dict[str, list[str]] = {}
    for move in left:
        by_release.setdefault(
            (move.to if one.request.verb == "execute" else move.current).id, []
        ).append(move.target.app)
    for release, apps in by_release.items():
        words = [word for app in apps[:_MOST] for word in ("--app", app)]
        more = f" (and --app for {len(apps) - _MOST} more)" if len(apps) > _MOST else ""
        yield command("plan", one.plan.environment, release, *words) + more
