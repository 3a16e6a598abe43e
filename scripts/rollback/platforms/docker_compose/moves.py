"""What has to move: one part per service whose image differs."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec.structs import replace

from rollback.model import Move, Release, Target
from rollback.platforms.docker_compose import candidates


def moves(target: Target, current: Release, to: Release) -> list[Move]:
    wanted = {**to.artifacts, **to.facts.get("absent", {})}
    return [
        Move(replace(target, app=service), _part(current, current.artifacts, service), _part(to, wanted, service))
        for service in candidates.moving(target)
        if service in wanted and wanted[service] != current.artifacts.get(service)
    ]


def _part(release: Release, artifacts: Mapping[str, str], service: str) -> Release:
    """One service of a release; the whole set stays within reach, and out of files."""
    return replace(release, artifact=artifacts.get(service), artifacts={}, facts={**release.facts, "all": artifacts})
