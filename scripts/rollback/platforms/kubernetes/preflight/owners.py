"""Owners above the workloads that move."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from rollback.model import Finding, Move
from rollback.platforms._cluster import suspend
from rollback.platforms._cluster.preflight import owners
from rollback.platforms.kubernetes.details import facts, of
from rollback.shell import Shell


def findings(moves: Sequence[Move], shell: Shell, groups: Any) -> Iterator[Finding]:
    """Report owners. `groups`: the answer to /apis, None where it could not be read."""
    details = [of(move.target) for move in moves]
    workloads = [facts(move.current).workload for move in moves]
    served = frozenset(group["name"] for group in (groups or {}).get("groups") or ())
    suspending = suspend.OPTION in details[0].options
    yield from owners.findings(details[0], workloads, suspending, shell)
    yield from owners.refused(suspend.steps(moves, details), shell)
    yield from owners.outside(details[0], workloads, served, shell)
