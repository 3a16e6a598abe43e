"""Health by the platform's own logs: before a run a number, after it a verdict."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from msgspec import Struct
from msgspec.structs import replace

from rollback import clock
from rollback.errors import RollbackError
from rollback.flow.site import Source
from rollback.model import Check, HealthReport, Move, Verdict
from rollback.probes import logs
from rollback.settings.environment import Environment
from rollback.settings.model import LogCheck


class Window(Struct, frozen=True):
    """When is looked: `seconds` since the change, None where there was none or nobody knows.

    `before` is the report before the change. `untouched` are moves that the change did not begin:
    any release may serve there.
    """

    phase: str
    seconds: float | None = None
    before: HealthReport = HealthReport("unknown")
    untouched: frozenset[str] = frozenset()


def checks(
    environment: Environment,
    sources: Sequence[Source],
    moves: Sequence[Move],
    window: Window,
    label: Callable[[str], str] = str,
) -> Iterator[Check]:
    """Yield a check for each `logs` entry of these settings, over what moves in the sources.

    `label` makes a name as the report has it.
    """
    settings = [check.logs for check in environment.settings.health if check.logs is not None]
    if not settings:
        return
    seconds = _length(moves, window)
    read: list[str] | str | None = None
    for index, row in enumerate(settings):
        name = logs.name(index)
        if why := _why_not(window, label(name), seconds):
            yield _needed(Check(name, why[0], why[1], window.phase))
            continue
        read = _lines(sources, moves, max(int(seconds), 1)) if read is None else read
        if isinstance(read, str):
            yield _needed(Check(name, "unknown", read, window.phase))
        else:
            yield _needed(_judged(name, label(name), row, read, (window, seconds)))


def _needed(check: Check) -> Check:
    """Mark it: after a change, where it cannot tell nothing is healthy. Before, it never can."""
    return replace(check, needed=check.phase == "after")


def _judged(
    name: str, labelled: str, settings: LogCheck, lines: list[str], when: tuple[Window, float]
) -> Check:
    window, seconds = when
    rate = logs.rate(settings, lines, seconds)
    if window.phase != "after":
        return logs.measured(name, rate, window.phase)
    if not lines:
        return Check(name, "unknown", "nothing was logged since the change", "after")
    earlier = logs.earlier(labelled, window.before)
    assert earlier is not None, "asked by _why_not"
    return logs.compared(name, settings, rate, earlier, seconds)


def _length(moves: Sequence[Move], window: Window) -> float:
    """Return the seconds to look back at: not further than what serves has served."""
    if window.seconds is not None:
        return min(float(logs.WINDOW), window.seconds)
    if window.phase == "after":
        return float(logs.WINDOW)
    since = [move.current.deployed_at for move in moves]
    ages = [clock.seconds_since(at) for at in since if at]
    return float(max(min([logs.WINDOW, *ages]), 0))


def _why_not(window: Window, name: str, seconds: float) -> tuple[Verdict, str] | None:
    """Return verdict and detail where nothing is read."""
    if window.phase != "after":
        short = f"live for {seconds:.0f} s: too short for a rate"
        return ("unknown", short) if seconds < logs.SHORTEST else None
    if logs.earlier(name, window.before) is None:
        return "unknown", "no rate before the change to compare with"
    if window.seconds is None:
        return "unknown", "when the change ended is not known"
    if seconds < logs.ENOUGH:
        return "waiting", f"watching the logs for {logs.ENOUGH:g} s"
    return None


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
