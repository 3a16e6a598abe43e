"""One move of the whole site, to another deploy."""

from __future__ import annotations

from msgspec.structs import replace

from rollback.model import Move, Release, Target
from rollback.platforms.netlify import details


def moves(target: Target, current: Release, to: Release) -> list[Move]:
    locked = details.facts_of(current).deploy.locked
    known = replace(details.of(target), source=current.id, goal=to.id, locked=locked)
    return [Move(replace(target, details=known), current, to)]
