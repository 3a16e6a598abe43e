"""Commands that show people how the services do from now on."""

from __future__ import annotations

from collections.abc import Iterator

from rollback.model import Target
from rollback.platforms.ecs import details


def watch(target: Target) -> Iterator[tuple[str, ...]]:
    known = details.of(target)
    profile = ("--profile", known.profile) if known.profile else ()
    place = ("--cluster", known.cluster, "--region", known.region, *profile)
    query = ("--query", "services[].events[:5].[createdAt,message]", "--output", "text")
    yield ("aws", "ecs", "describe-services", *place, "--services", target.app, *query)
