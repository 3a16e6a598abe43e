"""Record what is about to change, and the definitions that are registered again."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import to_builtins

from rollback.aws.client import Client, connect
from rollback.errors import RollbackError
from rollback.model import Move
from rollback.platforms.ecs import copies, details, scaling
from rollback.platforms.ecs.answers import Definition
from rollback.platforms.ecs.checks import TARGETS
from rollback.platforms.ecs.codedeploy import moves as codedeploy
from rollback.platforms.ecs.script import is_copied
from rollback.platforms.ecs.steps import definition_file
from rollback.shell import Shell
from rollback.text import clean


NEWEST = 20  # deployments


def snapshot(moves: Sequence[Move], shell: Shell) -> Mapping[str, bytes]:
    """Return one file per move, named by its id without the component, and the payloads."""
    known = details.of(moves[0].target)
    client = connect(shell, known.profile, known.region)
    files = {f"{move.id.partition('.')[2]}.json": _file(move, client) for move in moves}
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


def _file(move: Move, client: Client) -> bytes:
    known, (source, goal) = details.of(move.target), details.sides(move)
    service = known.service(move.target.app)
    content: dict[str, Any] = {
        "cluster": known.cluster,
        "region": known.region,
        "service": to_builtins(service),
        "live": to_builtins(source),
        "target": to_builtins(goal),
        "images": {"live": move.current.images, "target": move.to.images},
        "deployments": details.facts_of(move.current).deployments.get(service.name, [])[:NEWEST],
        "scaling": scaling.read(client, known.cluster, service.name),
        "target_health": _health(client.kept.get(f"{TARGETS} {service.arn}", ())),
    }
    return json.dumps(content, indent=1, default=str).encode()


def _health(states: Sequence[str] | RollbackError) -> dict[str, Any]:
    """Return how many targets of load balancers were in which state before."""
    if isinstance(states, RollbackError):
        return {"not read": clean(states.message, 300)}
    return dict(Counter(states))
