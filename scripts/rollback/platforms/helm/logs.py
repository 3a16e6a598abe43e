"""What the pods of the releases that move have logged."""

from __future__ import annotations

from collections.abc import Sequence

from rollback.model import Move
from rollback.platforms._cluster.details import Location
from rollback.platforms._cluster.logs import of_workloads
from rollback.platforms.helm import checks, details, storage
from rollback.shell import Shell


def logs(moves: Sequence[Move], seconds: int, shell: Shell) -> list[str]:
    """Read the workloads of the newest revision. Raises Unreadable."""
    location = details.of(moves[0].target)
    apps = [move.target.app for move in moves]
    lines: list[str] = []
    for revision in filter(None, storage.newest(shell, location, apps)):
        for namespace, names in checks.named_workloads(revision, location.namespace).items():
            place = Location(location.context, namespace)
            lines += of_workloads(place, names, seconds, shell)
    return lines
