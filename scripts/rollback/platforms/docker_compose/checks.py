"""Health as Docker reports it: the health check, or that a container does not restart."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timezone

from msgspec.structs import replace

from rollback.platforms.docker_compose import details
from rollback.model import Check, Move
from rollback.platforms.docker_compose.engine import containers
from rollback.platforms.docker_compose.services import sharers
from rollback.platforms.docker_compose.engine.containers import Container
from rollback.shell import Shell
from rollback.text import clean

_YOUNG = 5  # seconds: a container that exits at once is restarting, not running


def checks(moves: Sequence[Move], shell: Shell) -> Iterator[Check]:
    """Check every container of the project once; one that only runs is `unknown`."""
    project = details.of(moves[0].target)
    moved = {move.target.app for move in moves if move.current.id != move.to.id}
    touched = moved | sharers.joining(moves).keys() | {*sharers.waiting(moves)}
    expected = (moved | project.services.running.keys()) - _may_end(moves)

    def is_moved(service: str) -> bool:
        return not moved or service in touched  # without moves, check the whole project

    rows = [
        container
        for container in containers.of(shell, project.name)
        if container.service in expected
    ]
    for service in sorted(expected - {container.service for container in rows}):
        name = f"container {service}"
        yield Check(name, "unhealthy", "does not exist", moved=is_moved(service))
    for container in rows:
        yield replace(_check(container), moved=is_moved(container.service))


def _may_end(moves: Sequence[Move]) -> set[str]:
    services = details.of(moves[0].target).services
    return {*services.jobs, *services.carriers, *sharers.replaced(moves)}


def _check(container: Container) -> Check:
    status, health = (
        container.state.get("Status"),
        (container.state.get("Health") or {}).get("Status", "none"),
    )
    name = f"container {container.name}"
    if status != "running":
        return Check(
            name,
            "waiting" if status == "created" else "unhealthy",
            f"{status}, exit {container.state.get('ExitCode')}, {container.restarts} restarts",
        )
    if health == "healthy":
        return Check(name, "healthy", "its health check passes")
    if health == "starting":
        return Check(name, "waiting", "its health check has not passed yet")
    if health == "unhealthy":
        return Check(name, "unhealthy", f"its health check fails: {_last_output(container)}")
    if _age(container) < _YOUNG:
        return Check(name, "waiting", "just started, and it has no health check")
    return Check(
        name, "unknown", f"running, {container.restarts} restarts, but it has no health check"
    )


def _last_output(container: Container) -> str:
    log = container.state["Health"].get("Log") or [{}]
    return clean(str(log[-1].get("Output", "")), 100) or f"exit {log[-1].get('ExitCode')}"


def _age(container: Container) -> float:
    """Return seconds since the start; old enough if Docker does not say."""
    started = str(container.state.get("StartedAt", ""))[:19]
    try:
        since = datetime.fromisoformat(f"{started}+00:00")
    except ValueError:
        return _YOUNG
    return (datetime.now(timezone.utc) - since).total_seconds()
