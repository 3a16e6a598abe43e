"""What the platforms are left with after a run: switches that a rollback turns off."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future
from typing import TYPE_CHECKING

from rollback.model import Move
from rollback.text import clean

if TYPE_CHECKING:
    from rollback.flow.site import Site


def read(moves: Sequence[Move], ready: Future[Site]) -> tuple[str, ...] | None:
    """Return a line each, with what to do about it; None where it cannot be read."""
    try:
        findings = [
            finding
            for source in ready.result().sources
            for finding in source.platform.standing(source.moves_of(moves), source.shell)
        ]
    except Exception:  # the run is over: whatever keeps this from being read, its result is told
        return None
    return tuple(f"{clean(row.message, 260)}; {clean(row.fix, 220)}" for row in findings)
