"""Configuration of services by key: what Compose would give their containers, then and now."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rollback.model import ConfigChange, Move
from rollback.platforms import _config
from rollback.platforms.docker_compose import details, project_files, sides
from rollback.platforms.docker_compose.definition import resolved
from rollback.shell import Shell

_FIX = "put the older values into the env file before you roll back"


def config(moves: Sequence[Move], shell: Shell) -> Iterator[ConfigChange]:
    """Yield variables of the two sides' files; what lies beside them is today's on both."""
    for move in moves:
        project, name = details.of(move.target), move.target.app
        before, after = (
            resolved.resolve(project, sides.source(move, side), side, shell).services
            for side in ("now", "to")
        )
        yield from _config.changes(_keys(name, before), _keys(name, after))
    yield from project_files.left(moves, shell)
    names = {move.target.app for move in moves}
    for difference in details.facts(moves[0].current).differs:
        if difference.edited and difference.service in names:
            for key in difference.names:
                yield ConfigChange(f"{difference.service}: {key}", "changed", False, _FIX)


def _keys(name: str, services: dict[str, object]) -> dict[str, str]:
    service = services.get(name)
    variables = service.get("environment") if isinstance(service, dict) else None
    return {f"{name}: {key}": str(value) for key, value in (variables or {}).items()}
