"""Is it well? The endpoints of the settings and the platform's own view, once or until a deadline. Never healthy by absence."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec
from msgspec.structs import replace

from rollback.records import disk
from rollback.settings.environment import Environment
from rollback.errors import RollbackError
from rollback.model import Check, HealthReport, Move, Plan, Verb
from rollback.platforms import platforms
from rollback.probes import http
from rollback.shell import Shell

# seconds in which a failure that would not pass by itself is still looked at again; what a restore brings back was left because it failed
SETTLE: dict[Verb, float] = {"execute": 20.0, "restore": 5.0}
SECOND_LOOK = 1.0  # seconds between the first healthy look and the one that confirms it...
JUDGED = 0.1  # ...and where the platform's own probes said so, which go on looking by themselves
LONGEST_PAUSE = 5.0
FAILING = ("unhealthy", "waiting")
NOTHING_KNOWN = HealthReport("unknown")


def look(
    environment: Environment,
    moves: Sequence[Move],
    shell: Shell,
    phase: str,
    verb: Verb = "execute",
) -> HealthReport:
    """One look, now. What would be waited for counts as unhealthy. After the switch the release that should serve must answer."""
    return report(_settled(check) for check in _checks(environment, moves, shell, phase, verb))


def wait(
    environment: Environment, plan: Plan, shell: Shell, deadline: float, verb: Verb = "execute"
) -> HealthReport:
    """Look until two looks in a row are healthy, or nothing that fails would pass by itself, or `deadline` seconds are over."""
    began, looks, last = time.monotonic(), 0, HealthReport("unknown")
    environment, before = _impatient(environment), plan.health
    while True:
        found = report(_checks(environment, plan.moves, shell, "after", verb), before)
        looks, spent = looks + 1, time.monotonic() - began
        if found.verdict != "unhealthy" and (found.verdict == last.verdict or not found.checks):
            return found
        settled = spent >= SETTLE[verb] and _final(found, before) and _final(last, before)
        if found.verdict == "unhealthy" and (spent >= deadline or settled):
            return found
        last = found
        confirm = (
            JUDGED
            if found.verdict == "healthy" and not environment.settings.health
            else SECOND_LOOK
        )
        pause = confirm if found.verdict != "unhealthy" else min(0.2 * looks, LONGEST_PAUSE)
        time.sleep(max(0.0, min(pause, deadline - spent)))


def report(checks: Iterable[Check], before: HealthReport = NOTHING_KNOWN) -> HealthReport:
    """Add checks up, compared with the same checks before.

    One failing check makes it unhealthy, except of a part that did not move and failed before. It
    is healthy when a check of what moved passed and all other parts that were healthy still are.
    """
    found = tuple(_marked(check, before) for check in checks)
    found += tuple(_unseen(found, before))
    if failing(found, before):
        return HealthReport("unhealthy", found)
    passed = any(check.moved and check.verdict == "healthy" for check in found)
    return HealthReport("healthy" if passed and not _doubtful(found, before) else "unknown", found)


def failing(checks: Iterable[Check], before: HealthReport) -> tuple[Check, ...]:
    """The failing checks that count: of what moved, and of other parts unless they failed before."""
    broken = failed(before)
    bad = [check for check in checks if check.verdict in FAILING]
    return tuple(check for check in bad if check.moved or check.name not in broken)


def failed(report: HealthReport) -> set[str]:
    """Names of the checks that failed in a look of its own."""
    return {check.name for check in report.checks if check.verdict == "unhealthy"}


def _marked(check: Check, before: HealthReport) -> Check:
    """A part that did not move and failed before says so."""
    excused = not check.moved and check.verdict in FAILING and check.name in failed(before)
    return replace(check, detail=f"{check.detail} (failed before)".strip()) if excused else check


def _doubtful(checks: Sequence[Check], before: HealthReport) -> set[str]:
    """Parts that did not move, were healthy before, and of which nothing says so now."""
    passing = {check.name for check in checks if check.verdict == "healthy"}
    return _well(before) - passing


def _unseen(checks: Sequence[Check], before: HealthReport) -> Iterable[Check]:
    """A check of an unmoved part that is no longer reported: not well by its absence."""
    names = {check.name for check in checks}
    phase = checks[0].phase if checks else "after"
    for name in sorted(_well(before) - names):
        yield Check(name, "unknown", "healthy before, not reported now", phase, moved=False)


def _well(before: HealthReport) -> set[str]:
    return {check.name for check in before.checks if check.verdict == "healthy" and not check.moved}


def keep(folder: Path, found: HealthReport) -> None:
    """Leave it in a run folder as health.json. Raises Usage (not-writable)."""
    with disk.telling(folder / "health.json"):
        disk.write(folder / "health.json", msgspec.json.encode(found))


def _checks(
    environment: Environment, moves: Sequence[Move], shell: Shell, phase: str, verb: Verb
) -> list[Check]:
    expected = (
        []
        if phase == "before"
        else [move.to if verb == "execute" else move.current for move in moves]
    )
    return [
        *http.look(environment.settings.health, phase, expected),
        *(replace(check, phase=phase) for check in _platform(moves, shell)),
    ]


def _impatient(environment: Environment) -> Environment:
    """One attempt a look: the waiting itself asks again."""
    health = tuple(replace(one, attempts=1) for one in environment.settings.health)
    return replace(environment, settings=replace(environment.settings, health=health))


def _platform(moves: Sequence[Move], shell: Shell) -> list[Check]:
    """The platform's own view. That it could not be read is told, and is no verdict."""
    if not moves:
        return []
    try:
        return list(platforms[moves[0].target.platform].checks(moves, shell))
    except RollbackError as error:
        return [Check(moves[0].target.platform, "unknown", error.message)]


def _settled(check: Check) -> Check:
    return replace(check, verdict="unhealthy") if check.verdict == "waiting" else check


def _final(found: HealthReport, before: HealthReport) -> bool:
    bad = failing(found.checks, before)
    return bool(bad) and all(check.verdict != "waiting" for check in bad)
