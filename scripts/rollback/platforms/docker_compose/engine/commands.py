"""Command lines: Compose for a project, and the script's queries about containers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rollback.model import Command
from rollback.platforms.docker_compose.details import Details
from rollback.platforms.docker_compose.engine import client

_COMPOSE = (
    "COMPOSE_PROFILES",
    "COMPOSE_HTTP_TIMEOUT",
    "COMPOSE_PARALLEL_LIMIT",
    "COMPOSE_API_VERSION",
)


def compose(
    project: Details,
    files: Sequence[str],
    *words: str,
    variables: Sequence[str] = (),
    timeout: float = 60,
) -> Command:
    """Return Compose for a project: names and paths are relative to the project's folder."""
    options = ["--project-name", project.name, "--project-directory", project.directory]
    for option, values in (
        ("--profile", project.profiles),
        ("--env-file", project.env_files),
        ("--file", files),
    ):
        options += [word for value in values for word in (option, value)]
    names = client.set_here((*client.CONNECTION, *_COMPOSE, *variables))
    return Command((*project.tool, *options, *words), timeout, names)


def images(project: str, wanted: Mapping[str, str], running: bool = False) -> Command:
    """Print one line per service: its image; with `running`, `-stopped` marks ended ones."""
    pairs = [word for pair in wanted.items() for word in pair]
    return _question("running" if running else "images", project, pairs)


def absent(project: str, services: Sequence[str]) -> Command:
    """Print `yes` when no container of these services is left."""
    return _question("absent", project, services)


def attached(project: str, pairs: Sequence[tuple[str, str]]) -> Command:
    """Print `yes` when each first service uses the container that the second one runs now."""
    return _question("attached", project, [word for pair in pairs for word in pair])


def _question(function: str, project: str, words: Sequence[str]) -> Command:
    names = client.set_here(client.CONNECTION)
    return Command((function, project, *words), 60, names)
