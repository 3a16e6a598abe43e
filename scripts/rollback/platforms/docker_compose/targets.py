"""Which Compose project: name, folder, files, services.

The sources are settings, files and running containers.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from rollback.errors import NothingToRollBackTo, Unreadable
from rollback.model import Target
from rollback.platforms.docker_compose.beside import Beside
from rollback.platforms.docker_compose.definition import files, locate
from rollback.platforms.docker_compose.details import Details
from rollback.platforms.docker_compose.engine import client, containers
from rollback.platforms.docker_compose.engine.containers import Container
from rollback.platforms.docker_compose.history import commits
from rollback.platforms.docker_compose.services import roles, volumes
from rollback.platforms.docker_compose.settings import Settings
from rollback.settings.environment import Environment, group
from rollback.shell import Shell
from rollback.text import clean

_LISTED = 5  # projects named in a message


def targets(environment: Environment, shell: Shell) -> list[Target]:
    """Return the one project of this environment.

    Raises Unreadable (docker-*, compose-*, no-compose-file, swarm-unsupported),
    Usage (which-project) and
    NothingToRollBackTo (nothing-deployed) when it has no container.
    """
    with Beside() as beside:
        reading = beside.start(containers.of, shell)
        engine = client.identify(shell)
    all_containers = reading.result()
    folder = locate.folder(environment, all_containers)
    name = locate.name(environment, folder, all_containers)
    members = [container for container in all_containers if container.project == name]
    if not members:
        _refuse_swarm(shell, name)
        raise _nothing_deployed(environment, folder, name, all_containers, shell)
    target = Target(
        environment=environment.name,
        component=environment.component,
        platform="docker-compose",
        app=name,
        where=f"{engine}/{name}",
        protected=environment.protected,
        details=_details(environment, folder, members, shell),
        location=f"project {name}",
    )
    return [target]


def _details(
    environment: Environment, folder: Path, containers: Sequence[Container], shell: Shell
) -> Details:
    tool, version = client.compose_tool(shell, containers[0].made_by)
    project = Details(
        name=containers[0].project,
        folder=str(folder),
        directory=locate.directory(environment, folder, containers),
        files=locate.files(environment, folder, containers),
        env_files=locate.env_files(environment, folder, containers),
        profiles=group(environment, Settings).profiles,
        tool=tool,
        tool_version=version,
        made_by=containers[0].made_by,
        anonymous=volumes.anonymous(containers, shell),
    )
    return replace(project, services=roles.assign(environment, containers, _declared(project)))


def _declared(project: Details) -> dict[str, dict[str, Any]]:
    """Return today's services as far as readable: only evidence of what each is for."""
    try:
        return files.today(project).services()
    except Unreadable:
        return {}


def _nothing_deployed(
    environment: Environment,
    folder: Path,
    name: str,
    all_containers: Sequence[Container],
    shell: Shell,
) -> NothingToRollBackTo:
    """Name the projects that do run on this engine, and the setting that picks one of them."""
    message = f"no container of Compose project {name} runs on this engine"
    fix = "start it first (docker compose up --detach), then plan again"
    projects = {container.project: container.directory for container in all_containers}
    if projects:
        message += f"; projects that do: {_listed(projects)}"
        setting = f"environments.{environment.name}.project: {clean(min(projects), 60)}"
        fix = f"name one in .claude/deployment-rollback.yml ({setting}), or start this one"
    if commits.is_shallow(folder, shell):
        message += "; this clone is shallow: older releases are not in it"
        fix += "; fetch the history: git fetch --unshallow --tags"
    return NothingToRollBackTo("nothing-deployed", message, fix)


def _listed(projects: dict[str, str]) -> str:
    names = [
        f"{clean(project, 60)} (from {clean(directory, 80)})"
        for project, directory in sorted(projects.items())
    ]
    more = f" and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
    return f"{', '.join(names[:_LISTED])}{more}"


def _refuse_swarm(shell: Shell, name: str) -> None:
    """Reject a Swarm stack of that name: Swarm keeps its own history."""
    label = f"label=com.docker.stack.namespace={name}"
    if client.read(shell, "ps", "--all", "--quiet", "--filter", label).strip():
        message = f"{name} is a Swarm stack: recognised, but not supported"
        raise Unreadable("swarm-unsupported", message, "use: docker service rollback SERVICE")
