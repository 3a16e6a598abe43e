"""Services that reach the pods that move."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from rollback.model import Finding
from rollback.platforms._cluster.changes import WorkloadChange
from rollback.platforms._cluster.preflight import services
from rollback.shell import Shell


def findings(changes: Sequence[WorkloadChange], live: Any, shell: Shell) -> Iterator[Finding]:
    """`live`: the list of Services, None where it may not be read."""
    location = changes[0].location
    if live is None:
        yield services.unknown(location.namespace)
    else:
        yield from services.findings(services.Reach(location, changes, live["items"]), shell)
