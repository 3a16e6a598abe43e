"""What the containers of the services that move have logged."""

from __future__ import annotations

from collections.abc import Sequence

from rollback.errors import RollbackError, Unreadable
from rollback.model import Move
from rollback.platforms.docker_compose import details
from rollback.platforms.docker_compose.engine import containers
from rollback.platforms.docker_compose.engine.client import docker
from rollback.shell import Shell, last_line


def logs(moves: Sequence[Move], seconds: int, shell: Shell) -> list[str]:
    """Return the lines of the last seconds. Raises Unreadable (logs-unreadable)."""
    services = {move.target.app for move in moves}
    project = details.of(moves[0].target).name
    rows = [row for row in containers.of(shell, project) if row.service in services]
    since = ("logs", "--since", f"{seconds}s")
    lines: list[str] = []
    for answer in shell.ask_all([docker(*since, row.id, timeout=30) for row in rows]):
        if isinstance(answer, RollbackError):
            raise answer
        if answer.status:
            message = f"logs: {last_line(answer.stderr)}"
            raise Unreadable("logs-unreadable", message, "check the logging driver of the engine")
        lines += [*answer.stdout.splitlines(), *answer.stderr.splitlines()]
    return lines
