"""What has to move: one part for each service whose image differs, or that the target has and nothing runs of."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec.structs import replace

from rollback.model import Move, Release, Target
from rollback.platforms.docker_compose import candidates


def moves(target: Target, current: Release, to: Release) -> list[Move]:
    """A service moves unless every one of its containers runs the target's image already."""
    wanted = {**to.artifacts, **to.facts.get("absent", {})}
    running = target.details["running"]
    going = [
        service
        for service in candidates.moving(target)
        if service in wanted and running[service] != [wanted[service]]
    ]
    new = _new(target, to)
    moving = candidates.moving(target)
    replaced = [service for service in to.facts.get("lacks", ()) if new and service in moving]
    target = replace(target, details={**target.details, "replaced": replaced})
    return [_move(target, service, current, to, wanted) for service in [*going, *new]]


def _new(target: Target, to: Release) -> list[str]:
    """Services of the target that nothing runs of: to be started, or it comes back only in part."""
    return [
        service
        for service in to.facts.get("starts", ())
        if service not in target.details["running"]
    ]


def _move(
    target: Target, service: str, current: Release, to: Release, wanted: Mapping[str, str]
) -> Move:
    return Move(
        replace(target, app=service),
        _part(current, current.artifacts, service),
        _part(to, wanted, service),
    )


def _part(release: Release, artifacts: Mapping[str, str], service: str) -> Release:
    """One service of a release; the whole set stays within reach, and out of files."""
    return replace(
        release,
        artifact=artifacts.get(service),
        artifacts={},
        facts={**release.facts, "all": artifacts},
    )
