"""Commands that show people how the deployment does from now on."""

from __future__ import annotations

from collections.abc import Iterator

from rollback.model import Target
from rollback.platforms.vercel import details


def watch(target: Target) -> Iterator[tuple[str, ...]]:
    known = details.of(target)
    team = known.team.partition("=")[2]
    scope = ("--scope", team) if team else ()
    words = ("logs", "--follow", "--environment", "production", "--project", known.project)
    yield ("vercel", *words, *scope)
