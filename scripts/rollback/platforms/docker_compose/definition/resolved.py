"""What Compose would start now, with all values filled in. Kept in memory, never written."""

from __future__ import annotations

import os
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from rollback.platforms.docker_compose import memory
from rollback.platforms.docker_compose.definition import config, files, merged, state_files
from rollback.platforms.docker_compose.definition.merged import Definition
from rollback.platforms.docker_compose.definition.source import Source
from rollback.platforms.docker_compose.details import Details
from rollback.records import scratch
from rollback.shell import Answer, Shell

_STATE = "state"


class Resolved(Struct, frozen=True):
    """`mounted_files` are paths behind configs and secrets; `problem` is Compose's error."""

    services: dict[str, Any] = {}
    networks: dict[str, Any] = {}
    volumes: dict[str, Any] = {}
    mounted_files: tuple[str, ...] = ()
    problem: str = ""


def resolve(project: Details, source: Source, side: str, shell: Shell) -> Resolved:
    """Fill in today's shell and files; the answer is cached for the same variables."""
    known: dict[Any, Resolved] = memory.of(shell).resolved
    key = (side, source, tuple(os.environ.get(name) for name in files.names(source)))
    if key not in known:
        known[key] = _resolve(project, source, side, shell)
    return known[key]


def _resolve(project: Details, source: Source, side: str, shell: Shell) -> Resolved:
    definition = merged.put_together(project, source, side, shell)
    if definition.problem:
        return Resolved(problem=definition.problem)
    answer = _ask(project, definition, source, side, shell)
    if answer.status:
        return Resolved(problem=config.reason(answer.stderr, source))
    document = config.parsed(answer.stdout)
    services, networks, volumes, configs, secrets = (
        config.section(document, name)
        for name in ("services", "networks", "volumes", "configs", "secrets")
    )
    entries = [*configs.values(), *secrets.values()]
    mounted_files = tuple(str(entry["file"]) for entry in entries if entry.get("file"))
    return Resolved(services, networks, volumes, mounted_files)


def _ask(
    project: Details, definition: Definition, source: Source, side: str, shell: Shell
) -> Answer:
    """Ask about the definition in a scratch folder that is laid out like the run folder."""
    texts = {f"{_STATE}/{name}": text for name, text in definition.texts.items()}
    with scratch.holding(texts) as folder:

        def placed(name: str) -> str:
            return name if state_files.is_path(name) else str(folder / _STATE / name)

        given = [placed(name) for name in state_files.names(side, source, project)]
        env_files = tuple(map(placed, state_files.env_names(side, source, project)))
        here = replace(project, env_files=env_files)
        return shell.ask(config.command(here, given, source, str(folder / _STATE)))
