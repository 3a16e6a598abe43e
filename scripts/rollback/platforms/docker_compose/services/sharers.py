"""Services that do not move but are touched: sharers, those replaced by new ones, and those that
a deploy made and did not start.
"""

from __future__ import annotations

from collections.abc import Sequence

from rollback.model import Move
from rollback.platforms.docker_compose import details


def joining(moves: Sequence[Move]) -> dict[str, list[str]]:
    """Return unmoved services -> touched ones whose network, processes or volumes they use."""
    services = details.of(moves[0].target).services
    moved = {move.target.app for move in moves}
    joiners: dict[str, list[str]] = {}
    while True:
        touched = moved | joiners.keys()
        new = {
            service: [owner for owner in owners if owner in touched]
            for service, owners in services.sharers.items()
            if service not in touched | services.jobs.keys() and touched.intersection(owners)
        }
        if not new:
            return joiners
        joiners |= new


def waiting(moves: Sequence[Move]) -> list[str]:
    """Return unmoved services that a deploy never started, as they waited for one that moves."""
    services, lacks = details.of(moves[0].target).services, details.facts(moves[0].to).lacks
    chosen = services.only or services.running
    moved = {move.target.app for move in moves}
    elsewhere = {*moved, *joining(moves), *services.jobs, *services.stores, *lacks}
    return [
        name
        for name, awaited in services.created.items()
        if name in chosen and name not in elsewhere and moved.intersection(awaited)
    ]


def replaced(moves: Sequence[Move]) -> list[str]:
    """Return services the target lacks and whose port or name another one takes."""
    return list(details.of(moves[0].target).replaced)
