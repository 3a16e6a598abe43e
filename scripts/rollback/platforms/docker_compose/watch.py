"""Commands that show people how the services do from now on."""

from __future__ import annotations

from collections.abc import Iterator

from rollback.model import Target
from rollback.platforms.docker_compose import details


def watch(target: Target) -> Iterator[tuple[str, ...]]:
    known = details.of(target)
    if len(known.tool) == 1:  # v1 needs the project's files, and works in its folder only
        yield ("docker", "ps", "--filter", f"label=com.docker.compose.project={known.name}")
        return
    compose = (*known.tool, "--project-name", known.name)
    yield (*compose, "ps")
    yield (*compose, "logs", "--tail", "50", "--follow", *sorted(known.services.running))
