"""Would an older image meet data it cannot read, or an old volume hide its files?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rollback.model import Finding, Move
from rollback.platforms.docker_compose import details
from rollback.platforms.docker_compose.services import volumes


def findings(moves: Sequence[Move]) -> Iterator[Finding]:
    for move in moves:
        if move.target.app in details.of(move.target).services.stores:
            yield _store(move)
    yield from _anonymous_volumes(moves)


def _store(move: Move) -> Finding:
    service, services = move.target.app, details.of(move.target).services
    why = services.stores[service]
    message = f"{service} {why}: an older image may not read what the newer one has written"
    if service in services.only:
        fix = "restore a backup with the store's own tools if it does not start"
        return Finding("warning", "stateful-service", message, fix)
    fix = (
        f"roll back without it, or list {service} under `services` in the settings "
        "if older versions can read its data"
    )
    return Finding("blocker", "stateful-service", message, fix)


def _anonymous_volumes(moves: Sequence[Move]) -> Iterator[Finding]:
    blocked = volumes.blocked(moves)
    for service, paths in blocked.items():
        message = (
            f"{service}: the anonymous volume at {', '.join(paths)} holds files of its image "
            "and data written since"
        )
        fix = "give it a name in the compose file (data:PATH), copy what must stay, then plan again"
        yield Finding("blocker", "anonymous-volume", message, fix)
    for service, mounts in volumes.renewed(moves).items():
        if service not in blocked:
            message = (
                f"{service}: {', '.join(sorted(mounts))} gets a fresh anonymous volume, "
                "filled from the older image"
            )
            fix = "restore mounts the old volume again: it is kept until you remove it"
            yield Finding("warning", "anonymous-volume", message, fix)
