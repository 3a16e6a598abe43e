"""How a program is started on a host of the project's network: in the container of a service."""

from __future__ import annotations

from rollback.model import Command, Target
from rollback.platforms.docker_compose.details import of
from rollback.platforms.docker_compose.engine import containers
from rollback.platforms.docker_compose.engine.client import docker
from rollback.shell import Shell


def database_client(target: Target, host: str, shell: Shell) -> Command | None:
    """Return `docker exec -i CONTAINER` for a service that runs; None for any other host.

    Raises Unreadable (docker-*).
    """
    name = next(
        (
            container.name
            for container in containers.of(shell, of(target).name)
            if container.service == host and container.state.get("Running")
        ),
        None,
    )
    return docker("exec", "-i", name) if name else None
