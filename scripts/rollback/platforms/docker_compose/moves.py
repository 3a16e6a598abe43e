"""What has to move: one part for each service whose image differs, or that only the target has."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec.structs import replace

from rollback.model import Move, Release, Target
from rollback.platforms.docker_compose import details
from rollback.platforms.docker_compose.services import roles


def moves(target: Target, current: Release, to: Release) -> list[Move]:
    """Return the services of which a container does not run the target's image."""
    project, facts = details.of(target), details.facts(to)
    wanted = {**to.artifacts, **facts.absent}
    movable, running = roles.moving(project.services), project.services.running
    switched = [
        service
        for service in movable
        if service in wanted and running[service] != [wanted[service]]
    ]
    started = [service for service in facts.starts if service not in running]
    replaced = [service for service in facts.lacks if service in movable] if started else []
    target = replace(target, details=replace(project, replaced=tuple(replaced)))
    return [_move(target, service, current, to, wanted) for service in [*switched, *started]]


def _move(
    target: Target, service: str, current: Release, to: Release, wanted: Mapping[str, str]
) -> Move:
    return Move(
        replace(target, app=service),
        _part(current, current.artifacts, service),
        _part(to, wanted, service),
    )


def _part(release: Release, artifacts: Mapping[str, str], service: str) -> Release:
    """Return one service of a release as a release.

    The images of the whole release stay available, but are not written to files.
    """
    return replace(
        release,
        artifact=artifacts.get(service),
        artifacts={},
        facts=replace(details.facts(release), images=dict(artifacts)),
    )
