"""Command lines: Compose with a project's own options, and the template's questions about its containers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rollback.model import Command
from rollback.platforms.docker_compose import engine

_COMPOSE = (
    "COMPOSE_PROFILES",
    "COMPOSE_HTTP_TIMEOUT",
    "COMPOSE_PARALLEL_LIMIT",
    "COMPOSE_API_VERSION",
)


def compose(
    details: Mapping[str, Any],
    files: Sequence[str],
    *words: str,
    variables: Sequence[str] = (),
    timeout: float = 60,
) -> Command:
    """Compose on this project, wherever the files lie: names and relative paths stay those of the project's own folder."""
    options = ["--project-name", details["project"], "--project-directory", details["directory"]]
    for option, values in (
        ("--profile", details["profiles"]),
        ("--env-file", details["env_files"]),
        ("--file", files),
    ):
        options += [word for value in values for word in (option, value)]
    return Command(
        (*details["tool"], *options, *words),
        timeout,
        engine.given((*engine.ROUTE, *_COMPOSE, *variables)),
    )


def images(project: str, wanted: Mapping[str, str], running: bool = False) -> Command:
    """One line for each service: the image it runs."""
    pairs = [word for pair in wanted.items() for word in pair]
    return _ask("running" if running else "images", project, pairs)


def absent(project: str, services: Sequence[str]) -> Command:
    """`yes` when no container of these services is left."""
    return _ask("absent", project, services)


def attached(project: str, pairs: Sequence[tuple[str, str]]) -> Command:
    """`yes` when each first service uses the container that the second one runs now."""
    return _ask("attached", project, [word for pair in pairs for word in pair])


def _ask(function: str, project: str, words: Sequence[str]) -> Command:
    return Command((function, project, *words), 60, engine.given(engine.ROUTE))
