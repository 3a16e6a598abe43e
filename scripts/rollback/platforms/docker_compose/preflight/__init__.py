"""Preflight: images exist, data is left alone, shell and files are the deploy's."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rollback.model import Finding, Move
from rollback.platforms.docker_compose import details, sides
from rollback.platforms.docker_compose.beside import Beside
from rollback.platforms.docker_compose.definition import resolved
from rollback.platforms.docker_compose.engine import containers
from rollback.platforms.docker_compose.preflight import (
    afterwards,
    artifacts,
    conflicts,
    data,
    environment,
    left_alone,
    mounted_files,
)
from rollback.shell import Shell


def preflight(moves: Sequence[Move], shell: Shell) -> Iterator[Finding]:
    project, source = details.of(moves[0].target), sides.source(moves[0], "to")
    with Beside() as beside:
        of_artifacts = beside.start(list, artifacts.findings(moves, shell))
        of_afterwards = beside.start(list, afterwards.findings(moves, shell))
        containers_read = beside.start(containers.of, shell, project.name)
        goal = resolved.resolve(project, source, "to", shell)
    yield from of_artifacts.result()
    yield from environment.findings(moves, goal, shell)
    yield from data.findings(moves)
    yield from left_alone.findings(moves)
    yield from mounted_files.findings(moves, goal, shell)
    yield from conflicts.findings(moves, goal, containers_read.result())
    yield from of_afterwards.result()
