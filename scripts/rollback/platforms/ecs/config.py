"""Configuration of services by key: variables and secrets of their task definitions."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from rollback.model import ConfigChange, Move
from rollback.platforms import _config
from rollback.platforms.ecs import copies, details
from rollback.platforms.ecs.answers import Definition
from rollback.aws.client import connect
from rollback.shell import Shell


def config(moves: Sequence[Move], shell: Shell) -> Iterator[ConfigChange]:
    """Yield what both task definitions say differently. Raises Unreadable.

    What a secret's ARN holds is today's on both sides, and is not read.
    """
    known = details.of(moves[0].target)
    client = connect(shell, known.profile, known.region)
    for move in moves:
        arns = [side.arn for side in details.sides(move)]
        before, after = client.all(lambda arn: copies.define(client, arn), arns)
        name = move.target.app
        yield from _config.changes(_keys(name, before), _keys(name, after))


def _keys(service: str, definition: Definition | None) -> dict[str, str]:
    found: dict[str, str] = {}
    for container in definition.raw.get("containerDefinitions", ()) if definition else ():
        place = f"{service}/{container.get('name')}"
        for row in (*container.get("environment", ()), *container.get("secrets", ())):
            found[f"{place}: {row.get('name')}"] = json.dumps(row, sort_keys=True)
        if files := container.get("environmentFiles"):
            found[f"{place}: environmentFiles"] = json.dumps(files, sort_keys=True)
    return found
