"""Record what is about to change. Environment variables by name only."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from msgspec import to_builtins

from rollback.model import Move
from rollback.platforms.vercel import details, readings
from rollback.shell import Shell


def snapshot(moves: Sequence[Move], shell: Shell) -> Mapping[str, bytes]:
    """Return one file per move, named by its id without the component."""
    return {f"{move.id.partition('.')[2]}.json": _file(move, shell) for move in moves}


def _file(move: Move, shell: Shell) -> bytes:
    reading, (source, goal) = readings.of(move, shell), details.sides(move)
    known = details.of(move.target)
    content = {
        "where": move.target.where,
        "live": to_builtins(source),
        "target": to_builtins(goal),
        "production": known.production,
        "domains": {domain.name: domain.deployment for domain in known.domains},
        "auto_assign_custom_domains": known.auto_assign,
        "last_alias_request": to_builtins(reading.project.last_alias_request),
        "plan": reading.plan,
        "crons": {
            source.id: list(map(str, reading.source.crons if reading.source else ())),
            goal.id: list(map(str, reading.goal.crons if reading.goal else ())),
        },
        "environment_variables": sorted({row.key for row in reading.variables or ()}),
    }
    return json.dumps(content, indent=1).encode()
