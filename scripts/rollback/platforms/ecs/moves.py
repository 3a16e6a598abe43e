"""What has to move: one part for each service that is on another task definition. Pure."""

from __future__ import annotations

from msgspec.structs import replace

from rollback.model import Move, Release, Target
from rollback.platforms.ecs import details
from rollback.platforms.ecs.codedeploy import moves as codedeploy


def moves(target: Target, current: Release, to: Release) -> list[Move]:
    """Return the services whose task definition is not the target's."""
    before, after = details.facts_of(current), details.facts_of(to)
    known = details.of(target)
    return [
        _move(target, name, current, to)
        for name in (service.name for service in known.services)
        if name in after.sides and before.sides[name].arn != after.sides[name].arn
    ]


def _move(target: Target, name: str, current: Release, to: Release) -> Move:
    known, facts = details.of(target), details.facts_of(current)
    running, returns = facts.running.get(name, ("", ""))
    goal = details.facts_of(to).sides[name]
    way = codedeploy.details_of(facts.reads[name], goal.arn) if name in facts.reads else None
    services = tuple(
        replace(each, running=running, returns=returns, codedeploy=way)
        if each.name == name
        else each
        for each in known.services
    )
    sides = replace(
        known,
        services=services,
        source=facts.sides[name],
        goal=goal,
    )
    return Move(replace(target, app=name, details=sides), _part(current, name), _part(to, name))


def _part(release: Release, name: str) -> Release:
    """Return one service of a release as a release."""
    prefix = f"{name}/"
    images = {key: image for key, image in release.images.items() if key.startswith(prefix)}
    digests = {key: image for key, image in release.digests.items() if key.startswith(prefix)}
    artifact = release.artifacts.get(name)
    return replace(release, artifact=artifact, artifacts={}, images=images, digests=digests)
