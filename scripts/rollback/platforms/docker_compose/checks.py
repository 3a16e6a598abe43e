"""Health as Docker sees it: the container's own health check, or at least that it neither ends nor restarts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timezone

from msgspec.structs import replace

from rollback.model import Check, Move
from rollback.platforms.docker_compose import containers, sharers
from rollback.platforms.docker_compose.containers import Container
from rollback.shell import Shell
from rollback.text import clean

_YOUNG = 5  # seconds: a container that ends at once is restarting, not running


def checks(moves: Sequence[Move], shell: Shell) -> Iterator[Check]:
    """One look at every container of the project, whether it moves or not. Only "running" is no health: `unknown`."""
    details = moves[0].target.details
    moved = {
        move.target.app for move in moves if move.current.id != move.to.id
    }  # none: a look at the project as a whole
    ended = {*details["jobs"], *details["carriers"], *sharers.replaced(moves)}
    touched = moved | sharers.joining(moves).keys()
    wanted = (moved | details["running"].keys()) - ended
    found = [
        container
        for container in containers.of(shell, details["project"])
        if container.service in wanted
    ]
    for service in sorted(wanted - {container.service for container in found}):
        yield Check(
            f"container {service}",
            "unhealthy",
            "there is none",
            moved=service in touched or not moved,
        )
    for container in found:
        yield replace(_check(container), moved=container.service in touched or not moved)


def _check(one: Container) -> Check:
    status, health = one.state.get("Status"), (one.state.get("Health") or {}).get("Status", "none")
    name = f"container {one.name}"
    if status != "running":
        return Check(
            name,
            "waiting" if status == "created" else "unhealthy",
            f"{status}, exit {one.state.get('ExitCode')}, {one.restarts} restarts",
        )
    if health == "healthy":
        return Check(name, "healthy", "its health check passes")
    if health == "starting":
        return Check(name, "waiting", "its health check has not passed yet")
    if health == "unhealthy":
        return Check(name, "unhealthy", f"its health check fails: {_last_output(one)}")
    if _age(one) < _YOUNG:
        return Check(name, "waiting", "just started, and it has no health check")
    return Check(name, "unknown", f"running, {one.restarts} restarts, but it has no health check")


def _last_output(one: Container) -> str:
    log = one.state["Health"].get("Log") or [{}]
    return clean(str(log[-1].get("Output", "")), 100) or f"exit {log[-1].get('ExitCode')}"


def _age(one: Container) -> float:
    started = str(one.state.get("StartedAt", ""))[:19]
    try:
        return (
            datetime.now(timezone.utc) - datetime.fromisoformat(f"{started}+00:00")
        ).total_seconds()
    except ValueError:
        return _YOUNG
