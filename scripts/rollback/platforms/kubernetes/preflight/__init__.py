"""What has to hold before anything is touched, and what will not stay as it is left."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rollback.model import Finding, Move
from rollback.platforms.kubernetes.preflight import state
from rollback.shell import Shell


def preflight(moves: Sequence[Move], shell: Shell) -> Iterable[Finding]:
    for move in moves:
        yield from state.findings(move)
