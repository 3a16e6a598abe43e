"""Record what is about to change, and the definitions that are registered again."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import to_builtins

from rollback.model import Move
from rollback.platforms.ecs import copies, details
from rollback.platforms.ecs.answers import Definition
from rollback.platforms.ecs.codedeploy import moves as codedeploy
from rollback.platforms.ecs.script import is_copied
from rollback.platforms.ecs.steps import definition_file
from rollback.shell import Shell


def snapshot(moves: Sequence[Move], shell: Shell) -> Mapping[str, bytes]:
    """Return one file per move, named by its id without the component, and the payloads."""
    files = {f"{move.id.partition('.')[2]}.json": _file(move) for move in moves}
    for move in moves:
        for side, release in zip(details.sides(move), (move.current, move.to), strict=True):
            if is_copied(side):
                definition = details.facts_of(release).definitions[side.arn]
                files[definition_file(side)] = _payload(definition)
        files |= codedeploy.files(move)
    return files


def _payload(definition: Definition) -> bytes:
    """Return what registers a copy: it may hold values that are secret, as its original does."""
    return json.dumps(copies.registration(definition), indent=1).encode()


def _file(move: Move) -> bytes:
    known, (source, goal) = details.of(move.target), details.sides(move)
    content: dict[str, Any] = {
        "cluster": known.cluster,
        "region": known.region,
        "service": to_builtins(known.service(move.target.app)),
        "live": to_builtins(source),
        "target": to_builtins(goal),
        "images": {"live": move.current.images, "target": move.to.images},
    }
    return json.dumps(content, indent=1).encode()
