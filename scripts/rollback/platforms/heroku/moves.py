"""One move of the whole app, to the release that first had the wanted code and config."""

from __future__ import annotations

from msgspec.structs import replace

from rollback.model import Move, Release, Target
from rollback.platforms.heroku import details


def moves(target: Target, current: Release, to: Release) -> list[Move]:
    """Return no move where the live release already is the wanted one under another version."""
    origin = details.facts_of(to).origin
    goal = origin if origin and not origin.skip else to
    before, after = details.facts_of(current).side, details.facts_of(goal).side
    if set(before.names) & set(after.names):
        return []
    dead = details.facts_of(current).dead
    known = replace(details.of(target), source=before, goal=after, dead=dead)
    return [Move(replace(target, details=known), current, goal)]
