"""What speaks against a rollback: a move under way, a build that is gone, the limits of a plan."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from rollback.model import Finding, Move
from rollback.platforms.vercel import auto_assign, details, readings
from rollback.platforms.vercel.client import READY, STUCK_SECONDS
from rollback.platforms.vercel.readings import HOBBY, Reading
from rollback.shell import Shell
from rollback.text import clean

_MOST = 8  # names in one message


def preflight(moves: Sequence[Move], shell: Shell) -> Iterable[Finding]:
    """Report findings. Raises Unreadable."""
    for move in moves:
        yield from judged(move, readings.of(move, shell))


def judged(move: Move, reading: Reading) -> Iterator[Finding]:
    yield from _in_flight(move, reading)
    yield from _gone(move, reading)
    yield from _limit(move, reading)
    yield from auto_assign.planned(details.of(move.target))
    yield from _crons(move, reading)
    yield from _variables(move, reading)
    if reading.project.paused:
        message = f"{move.target.app} is paused: its domains answer 503, before and after"
        yield Finding("warning", "paused", message, "resume it in its settings")


def _in_flight(move: Move, reading: Reading) -> Iterator[Finding]:
    app, last = move.target.app, reading.project.last_alias_request
    if last and last.running:
        message = f"Vercel is moving the domains of {app} to {last.to_deployment_id} ({last.type})"
        fix = "wait for its end, then plan again"
        yield Finding("blocker", "deploy-in-flight", clean(message, 200), fix)
    elif last and last.stuck:
        message = (
            f"Vercel has not ended moving the domains of {app} to {last.to_deployment_id} "
            f"({last.type}) for more than {STUCK_SECONDS // 60} minutes: it is taken for dead"
        )
        fix = "if Vercel refuses the rollback for it, ask their support to end it"
        yield Finding("warning", "request-stuck", clean(message, 250), fix)
    if reading.project.rolling_release:
        message = (
            f"{app} has rolling releases: a rollback ends one that is under way, and restore.sh "
            "would begin one, which serves the bad deployment to a part of the users first"
        )
        fix = "look at `vercel rolling-release fetch` before and after"
        yield Finding("warning", "rolling-release", message, fix)


def _gone(move: Move, reading: Reading) -> Iterator[Finding]:
    goal = details.sides(move)[1].id
    if reading.goal is None or reading.goal.soft_deleted_by_retention:
        message = f"deployment {goal} of {move.target.app} was deleted, perhaps by its retention"
        yield Finding("blocker", "artifact-gone", message, "name another release")
    elif reading.goal.ready_state != READY:
        state = clean(reading.goal.ready_state, 30)
        message = f"deployment {goal} of {move.target.app} is {state}, not {READY}"
        yield Finding("blocker", "artifact-gone", message, "name another release")


def _limit(move: Move, reading: Reading) -> Iterator[Finding]:
    """On the Hobby plan Vercel goes back by one, and answers 402 for anything older."""
    if reading.plan != HOBBY or move.bare in (None, move.to.id):
        return
    message = (
        f"the Hobby plan of {move.target.app} only goes back to the deployment before, "
        f"{move.bare}; Vercel would refuse {move.to.id}"
    )
    fix = f"name {move.bare}, upgrade the plan, or deploy the older commit again"
    yield Finding("blocker", "plan-limit", message, fix)


def _crons(move: Move, reading: Reading) -> Iterator[Finding]:
    """A rollback brings the cron jobs of that build back, too."""
    now, then = (set(row.crons) if row else set() for row in (reading.source, reading.goal))
    changes = {"begin": then - now, "stop": now - then}
    parts = [
        f"{word}: {_listed(sorted(map(str, crons)))}" for word, crons in changes.items() if crons
    ]
    if parts:
        message = f"cron jobs go back with it; {'; '.join(parts)}"
        yield Finding("warning", "crons-go-back", message, "check that each may run, or may stop")


def _variables(move: Move, reading: Reading) -> Iterator[Finding]:
    """Variables are those of the build: a rotated secret is the old one again."""
    goal = details.sides(move)[1]
    if reading.variables is None:
        message = (
            f"not all environment variables of {move.target.app} can be read; {goal.id} has those "
            "of its build"
        )
        yield Finding("note", "config-changes", message)
        return
    made = reading.goal.created_at if reading.goal else 0
    rows = [row for row in reading.variables if row.in_production and row.updated_at > made]
    if rows and made:
        names = _listed(sorted({row.key for row in rows}))
        message = f"{goal.id} has the environment variables of its build; changed since: {names}"
        fix = "a secret that was rotated is the old one there: deploy the old commit again instead"
        yield Finding("warning", "config-changes", message, fix)


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _MOST} more" if len(names) > _MOST else ""
    return ", ".join(clean(name, 80) for name in names[:_MOST]) + more
