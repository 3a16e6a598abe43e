"""Health by the platform's own logs: before a run a number, after it a verdict."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec import Struct

from rollback.errors import RollbackError
from rollback.flow.site import Source
from rollback.model import Check, HealthReport, Move
from rollback.probes import logs
from rollback.settings.environment import Environment


class Window(Struct, frozen=True):
    """When is looked: `seconds` since the change, None where there was none or nobody knows.

    `before` is the report before the change.
    """

    phase: str
    seconds: float | None = None
    before: HealthReport = HealthReport("unknown")

    @property
    def length(self) -> int:
        """Return the seconds that are looked back at."""
        return min(logs.BEFORE, max(1, int(self.seconds or logs.BEFORE)))


def checks(
    environment: Environment, sources: Sequence[Source], moves: Sequence[Move], window: Window
) -> Iterator[Check]:
    """Yield a check for each `logs` entry of these settings, over what moves in the sources."""
    settings = [check.logs for check in environment.settings.health if check.logs is not None]
    if not settings:
        return
    names = [logs.name(index) for index in range(len(settings))]
    if window.phase == "after" and window.seconds is not None and window.seconds < logs.ENOUGH:
        detail = f"watching the logs for {logs.ENOUGH:g} s"
        yield from (Check(name, "waiting", detail, window.phase) for name in names)
        return
    read = _lines(sources, moves, window.length)
    for name, row in zip(names, settings, strict=True):
        if isinstance(read, str):
            yield Check(name, "unknown", read, window.phase)
            continue
        rate = logs.rate(row, read, window.length)
        if window.phase == "after":
            yield logs.compared(name, row, rate, window.before)
        else:
            yield logs.measured(name, rate, window.phase)


def _lines(sources: Sequence[Source], moves: Sequence[Move], seconds: int) -> list[str] | str:
    """Return the lines of all sources that tell theirs, or why there are none."""
    lines: list[str] = []
    silent: list[str] = []
    for source in sources:
        if not (own := source.moves_of(moves)):
            continue
        try:
            told = source.platform.logs(own, seconds, source.shell)
        except RollbackError as error:
            return error.message
        if told is None:
            silent.append(source.platform.TITLE)
        lines += told or ()
    if silent:
        titles = ", ".join(dict.fromkeys(silent))
        return f"the logs of {titles} are not read: use a command check for them"
    return lines
