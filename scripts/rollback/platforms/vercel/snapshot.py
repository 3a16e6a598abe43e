"""Record what is about to change. Environment variables by name only."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from msgspec import to_builtins

from rollback.model import Move
from rollback.platforms._hosted import memory
from rollback.platforms.vercel import client, details, readings, variables
from rollback.platforms.vercel.client import Row
from rollback.shell import Shell


NEWEST = 20  # deployments


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
        "deployments": [_deployment(row) for row in _newest(known.project, shell)],
        "environment_variables": sorted({row.key for row in reading.variables or ()}),
    }
    return json.dumps(content, indent=1).encode()


def _newest(project: str, shell: Shell) -> Sequence[Row]:
    """Return the newest deployments that this plan has read."""
    rows: Sequence[Row] = memory.once(shell, client.DEPLOYMENTS, project, lambda: [])
    return sorted(rows, key=lambda row: -row.created)[:NEWEST]


def _deployment(row: Row) -> dict[str, object]:
    return {
        "id": row.uid,
        "address": row.url,
        "created": row.created,
        "state": row.ready_state,
        "substate": row.ready_substate,
        "commit": variables.commit(row),
    }
