"""One move of the whole project: all its production domains."""

from __future__ import annotations

from msgspec.structs import replace

from rollback.model import Move, Release, Target
from rollback.platforms.vercel import details


def moves(target: Target, current: Release, to: Release) -> list[Move]:
    """Return no move where every production domain serves the wanted deployment."""
    source, goal = details.facts_of(current), details.facts_of(to)
    if source.side.id == goal.side.id:
        return []
    known = replace(details.of(target), source=source.side, goal=goal.side, domains=source.domains)
    return [Move(replace(target, details=known), current, to)]
