"""What has to hold before anything is touched, and what will not stay as it is left."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import msgspec

from rollback.errors import RollbackError
from rollback.model import Finding, Move
from rollback.platforms.kubernetes import downtime, lease
from rollback.platforms.kubernetes.kubectl import ask_all, raw
from rollback.platforms.kubernetes.preflight import (
    image,
    owners,
    permission,
    references,
    remembered,
    room,
    siblings,
    skew,
    state,
)
from rollback.shell import Answer, Shell


def preflight(moves: Sequence[Move], shell: Shell) -> Iterable[Finding]:
    """Every question that needs no other's answer is asked at once."""
    if not moves:
        return
    place = moves[0].target.details
    paths = ("/apis", skew.PATH, lease.path(place["namespace"]), *room.paths(place["namespace"]))
    asked = [
        references.question(moves),
        permission.question(moves),
        skew.question(place),
        *(raw(place, path) for path in paths),
    ]
    with ThreadPoolExecutor(2) as pool:  # beside kubectl's own questions
        images, tried = (
            pool.submit(image.ask, moves),
            pool.submit(lambda: [*permission.try_out(moves, shell)]),
        )
        named, rules, client, groups, server, leases, *limited = ask_all(shell, place, asked)
    yield from skew.findings(_decoded(client), _decoded(server))
    for move in moves:
        yield from state.findings(move)
    yield from downtime.findings(move.current.facts["workload"] for move in moves)
    yield from remembered.findings(moves)
    yield from owners.findings(moves, shell, _groups(groups))
    yield from references.findings(moves, named)
    yield from image.findings(moves, images.result())
    yield from permission.findings(moves, rules)
    yield from lease.findings(moves, _decoded(leases))
    yield from tried.result()
    yield from siblings.findings(moves, shell)
    yield from room.findings(moves, [_decoded(answer) for answer in limited])


def _groups(answer: Answer | RollbackError) -> frozenset[str]:
    return frozenset(group["name"] for group in (_decoded(answer) or {}).get("groups") or ())


def _decoded(answer: Answer | RollbackError) -> Any:
    return (
        None
        if isinstance(answer, RollbackError) or answer.status
        else msgspec.json.decode(answer.stdout)
    )
