"""Command lines: Compose with a project's own options, and the question which images its services run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rollback.model import Command
from rollback.platforms.docker_compose import engine

_COMPOSE = ("COMPOSE_PROFILES", "COMPOSE_ENV_FILES", "COMPOSE_HTTP_TIMEOUT", "COMPOSE_PARALLEL_LIMIT", "COMPOSE_API_VERSION")

def compose(details: Mapping[str, Any], files: Sequence[str], *words: str, variables: Sequence[str] = (), timeout: float = 60) -> Command:
    """Compose on this project, wherever the files lie: names and relative paths stay those of the project's own folder."""
    options = ["--project-name", details["project"], "--project-directory", details["directory"]]
    for option, values in (("--profile", details["profiles"]), ("--env-file", details["env_files"]), ("--file", files)):
        options += [word for value in values for word in (option, value)]
    return Command((*details["tool"], *options, *words), timeout, engine.given((*engine.ROUTE, *_COMPOSE, *variables)))


def images(project: str, wanted: Mapping[str, str], running: bool = False) -> Command:
    """A function of the template: one line for each service, the image it runs."""
    pairs = [word for pair in wanted.items() for word in pair]
    return Command(("running" if running else "images", project, *pairs), 60, engine.given(engine.ROUTE))
