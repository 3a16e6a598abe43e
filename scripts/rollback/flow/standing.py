"""What the platforms are left with after a run: switches that a rollback turns off."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future
from typing import TYPE_CHECKING

from rollback.model import Move
from rollback.text import clean

if TYPE_CHECKING:
    from rollback.flow.site import Site

SECONDS = 20.0  # until an answer is not waited for


class Reading:
    """Asks the platforms beside everything else that ends a run.

    Nothing waits for it at the end of the process: a thread of a pool would be waited for.
    """

    def __init__(
        self, moves: Sequence[Move], ready: Future[Site], seconds: float = SECONDS
    ) -> None:
        self._until = time.monotonic() + seconds
        self._answer: tuple[str, ...] | None = None
        self._thread = threading.Thread(target=self._read, args=(moves, ready), daemon=True)
        self._thread.start()

    def answer(self) -> tuple[str, ...] | None:
        """Return a line each, with what to do about it; None where it was not read in time."""
        self._thread.join(max(0.0, self._until - time.monotonic()))
        return self._answer

    def _read(self, moves: Sequence[Move], ready: Future[Site]) -> None:
        try:
            findings = [
                finding
                for source in ready.result().sources
                for finding in source.platform.standing(source.moves_of(moves), source.shell)
            ]
        except (
            Exception
        ):  # the run is over: whatever keeps this from being read, its result is told
            return
        self._answer = tuple(
            f"{clean(row.message, 260)}; {clean(row.fix, 220)}" for row in findings
        )
