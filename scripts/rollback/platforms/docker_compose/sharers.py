"""Services that do not move, but have to be touched: sharers of a moved container, and what another one replaces."""

from __future__ import annotations

from collections.abc import Sequence

from rollback.model import Move


def joining(moves: Sequence[Move]) -> dict[str, list[str]]:
    """Services that don't move -> the moved ones whose network, processes or volumes they use."""
    details = moves[0].target.details
    moved = {move.target.app for move in moves}
    found: dict[str, list[str]] = {}
    while new := {
        service: owners
        for service, owners in details["sharers"].items()
        if service not in moved | found.keys() | details["jobs"].keys()
        and moved.union(found).intersection(owners)
    }:
        found |= {
            service: [owner for owner in owners if owner in moved.union(found)]
            for service, owners in new.items()
        }
    return found


def replaced(moves: Sequence[Move]) -> list[str]:
    """Services that the target has not, where others that it has stand in for them: a renamed one holds the port."""
    found: list[str] = moves[0].target.details.get("replaced", [])
    return found
