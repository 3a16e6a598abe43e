"""Record what is about to change. Config vars as names and hashes of a salt that is not kept."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from msgspec import to_builtins

from rollback.model import Move
from rollback.platforms.heroku import details, readings
from rollback.platforms.heroku.client import Row
from rollback.shell import Shell


def snapshot(moves: Sequence[Move], shell: Shell) -> Mapping[str, bytes]:
    """Return one file per move, named by its id without the component."""
    return {f"{move.id.partition('.')[2]}.json": _file(move, shell) for move in moves}


def _file(move: Move, shell: Shell) -> bytes:
    reading, (source, goal) = readings.of(move, shell), details.sides(move)
    content = {
        "where": move.target.where,
        "live": to_builtins(source),
        "target": to_builtins(goal),
        "releases": [_release(row) for row in reading.releases],
        "formation": to_builtins(reading.formation),
        "addon_attachments": [attachment.name for attachment in reading.attachments],
        "pipeline_stage": reading.coupling and reading.coupling.stage,
        "config_vars": {source.names[0]: reading.now, goal.names[0]: reading.then},
    }
    return json.dumps(content, indent=1).encode()


def _release(row: Row) -> dict[str, object]:
    return {
        "version": row.version,
        "id": row.id,
        "status": row.status,
        "current": row.current,
        "code": row.code,
        "description": row.description,
        "created_at": row.created_at,
    }
