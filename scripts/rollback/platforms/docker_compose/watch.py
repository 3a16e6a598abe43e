"""Commands that show people how the services do from now on."""

from __future__ import annotations

from collections.abc import Iterator

from rollback.model import Target
from rollback.platforms.docker_compose import details


def watch(target: Target) -> Iterator[tuple[str, ...]]:
    known = details.of(target)
    compose = (*known.tool, "--project-name", known.name)
    yield (*compose, "ps")
    yield (*compose, "logs", "--tail", "50", "--follow", *sorted(known.services.running))
