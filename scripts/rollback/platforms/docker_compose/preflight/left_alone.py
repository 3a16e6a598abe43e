"""What is left alone: jobs, stores, excluded services, services the target lacks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rollback.contracts import LEFT_ALONE
from rollback.model import Finding, Move
from rollback.platforms.docker_compose import details
from rollback.platforms.docker_compose.services import roles, sharers


def findings(moves: Sequence[Move]) -> Iterator[Finding]:
    yield from _by_role(moves[0])
    yield from _lacking(moves)


def _by_role(move: Move) -> Iterator[Finding]:
    services = details.of(move.target).services
    before, after = details.facts(move.current).images, details.facts(move.to).images
    for service, why in roles.left_alone(services).items():
        if service in services.jobs:
            yield Finding("note", LEFT_ALONE, f"{service} stays as it is: it {why}")
        elif after.get(service, before.get(service)) != before.get(service):
            release = services.references.get(service) or move.current.id
            message = f"{service} stays on {release}: it {why}"
            fix = "list it under `services` in the settings"
            yield Finding("warning", LEFT_ALONE, message, fix)


def _lacking(moves: Sequence[Move]) -> Iterator[Finding]:
    move = moves[0]
    movable = roles.moving(details.of(move.target).services)
    extra = [service for service in details.facts(move.to).lacks if service in movable]
    if replaced := sharers.replaced(moves):
        message = f"{', '.join(replaced)} is stopped and kept: {move.to.id} has no such service"
        yield Finding("note", LEFT_ALONE, message)
    elif extra:
        message = f"{', '.join(extra)} stays on {move.current.id}: {move.to.id} has no such service"
        fix = f"docker compose stop {' '.join(extra)}, if it must not run"
        yield Finding("warning", LEFT_ALONE, message, fix)
