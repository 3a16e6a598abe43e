"""Is it safe? Images exist, data is left alone, and this shell and these files are those of the deploy."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rollback.model import Finding, Move
from rollback.platforms.docker_compose import details, sides
from rollback.platforms.docker_compose.definition import resolved
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
    goal = resolved.resolve(project, source, "to", shell)
    yield from artifacts.findings(moves, shell)
    yield from environment.findings(moves, goal, shell)
    yield from data.findings(moves)
    yield from left_alone.findings(moves)
    yield from mounted_files.findings(moves, goal, shell)
    yield from conflicts.findings(moves, goal, shell)
    yield from afterwards.findings(moves, shell)
