"""What has to move: one part per service whose image differs."""

from __future__ import annotations

from msgspec.structs import replace

from rollback.model import Move, Release, Target
from rollback.platforms.docker_compose import candidates


def moves(target: Target, current: Release, to: Release) -> list[Move]:
    return [
        Move(replace(target, app=service), _part(current, service), _part(to, service))
        for service in candidates.moving(target)
        if service in to.artifacts and to.artifacts[service] != current.artifacts.get(service)
    ]


def _part(release: Release, service: str) -> Release:
    """One service of a release; the whole set stays within reach, and out of files."""
    return replace(release, artifact=release.artifacts.get(service), artifacts={}, facts={**release.facts, "all": release.artifacts})
