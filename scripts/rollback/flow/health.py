"""Check health: endpoints from the settings and the platform's own view.

Once, or until a deadline. No check is ever counted as a passed check.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path

import msgspec
from msgspec.structs import replace

from rollback.records import disk
from rollback.errors import RollbackError
from rollback.flow import history, logged, selection
from rollback.flow import site as sites
from rollback.flow.logged import Window
from rollback.flow.site import Site, Source
from rollback.model import (
    DIRECTIONS,
    FORWARD,
    Check,
    Direction,
    HealthReport,
    Move,
    Plan,
    Release,
    Verb,
)
from rollback.probes import command, http
from rollback.records import run
from rollback.settings.environment import Environment
from rollback.settings.model import HealthCheck
from rollback.shell import Shell

# seconds to keep retrying a failure that will not pass by itself, unless the settings say `settle`:
# a restore brings back a release that was left because it failed
SETTLE: dict[Verb, float] = {"execute": 20.0, "restore": 5.0}
# seconds between the first healthy check and the one that confirms it...
SECOND_LOOK = 1.0
# ...and when the platform's probes (which continue) or the release's own name confirmed it
JUDGED = 0.1
LONGEST_PAUSE = 5.0
FAILING = ("unhealthy", "waiting")
NOTHING_KNOWN = HealthReport("unknown")


def look(
    site: Site,
    moves: Sequence[Move],
    phase: str,
    direction: Direction = FORWARD,
    window: Window | None = None,
) -> HealthReport:
    """Check once. A check that could still pass counts as unhealthy.

    After the switch the release that should serve must be the one that answers. `window` says what
    the logs are compared with.
    """
    rows = _checks(site, moves, window or Window(phase), direction)
    return report(map(_settled, rows))


def wait(
    site: Site,
    plan: Plan,
    deadline: float,
    direction: Direction = FORWARD,
    untouched: frozenset[str] = frozenset(),
) -> HealthReport:
    """Check until healthy twice in a row, only lasting failures remain, or `deadline` seconds.

    `untouched`: see Window.
    """
    began, looks, last = time.monotonic(), 0, HealthReport("unknown")
    site, before = _without_retries(site), plan.health
    settle = site.environment.settings.settle
    settle = SETTLE[direction.verb] if settle is None else settle
    while True:
        window = Window("after", time.monotonic() - began, before, untouched)
        latest = report(_checks(site, plan.moves, window, direction), before)
        looks, spent = looks + 1, time.monotonic() - began
        again = _unanswered(latest.checks) and spent < min(deadline, SETTLE[direction.verb])
        same = latest.verdict == last.verdict or not latest.checks
        if latest.verdict != "unhealthy" and same and not again:
            return latest
        final = _is_lasting(latest, before) and _is_lasting(last, before)
        settled = spent >= settle and final
        if latest.verdict == "unhealthy" and (spent >= deadline or settled):
            return latest
        last = latest
        pause = _pause(site, latest, looks)
        time.sleep(max(0.0, min(pause, deadline - spent)))


def _pause(site: Site, latest: HealthReport, looks: int) -> float:
    """Return the seconds until the next check.

    An answer that names its release cannot come from the old process.
    """
    if latest.verdict == "unhealthy":
        return min(0.2 * looks, LONGEST_PAUSE)
    nameless = any(check.version_key is None for check in _endpoints(site))
    return JUDGED if latest.verdict == "healthy" and not nameless else SECOND_LOOK


def of_environment(project: Path, name: str | None) -> HealthReport:
    """Check what serves an environment now. Raises what reading the history raises."""
    site = sites.find(project, name)
    return look(site, history.standing(history.read(selection.of(site, ()))), "now")


def of_run(project: Path, which: str) -> HealthReport:
    """Check for the release the run arrived at and write health.json to the run folder.

    After a restore that is the release the run had left.
    """
    folder = run.find(project, which, "summary")
    plan = run.load_plan(folder)
    back = run.state(folder) in ("new", "restored")
    site = sites.find(project, plan.environment)
    direction = DIRECTIONS["restore" if back else "execute"]
    latest = look(site, plan.moves, "now", direction)
    compared = report(latest.checks, plan.health)
    keep(folder, compared)
    return compared


def report(checks: Iterable[Check], before: HealthReport = NOTHING_KNOWN) -> HealthReport:
    """Add checks up, compared with the same checks before.

    One failing check makes it unhealthy, except of a part that did not move and failed before. It
    is healthy when a check of what moved passed, all other parts that were healthy still are, and
    every check that is needed could tell.
    """
    marked = tuple(_marked(check, before) for check in checks)
    marked += tuple(_no_longer_reported(marked, before))
    if failing(marked, before):
        return HealthReport("unhealthy", marked)
    passed = any(check.moved and check.verdict == "healthy" for check in marked)
    unsure = _unconfirmed(marked, before) or _unanswered(marked)
    return HealthReport("healthy" if passed and not unsure else "unknown", marked)


def failing(checks: Iterable[Check], before: HealthReport) -> tuple[Check, ...]:
    """Return the failures that count.

    Those of moved components always; those of others unless they failed before, too.
    """
    broken = failed(before)
    bad = [check for check in checks if check.verdict in FAILING]
    return tuple(check for check in bad if check.moved or check.name not in broken)


def failed(report: HealthReport) -> set[str]:
    """Return the names of the checks that failed, whatever other checks say."""
    return set(failures(report))


def failures(report: HealthReport) -> dict[str, str]:
    """Return the details of the checks that failed, by name."""
    return {check.name: check.detail for check in report.checks if check.verdict == "unhealthy"}


def with_earlier(check: Check, earlier: str) -> Check:
    """Say that a failing check failed before, and how if that was another failure."""
    how = "failed before, too" if check.detail == earlier else f"failed before: {earlier}"
    return replace(check, detail=f"{check.detail} ({how})".strip())


def _marked(check: Check, before: HealthReport) -> Check:
    """Mark a failure of a part that did not move and failed before."""
    earlier = failures(before).get(check.name)
    excused = not check.moved and check.verdict in FAILING and earlier is not None
    return with_earlier(check, earlier or "") if excused else check


def _unconfirmed(checks: Sequence[Check], before: HealthReport) -> set[str]:
    """Return unmoved parts that were healthy before and are not known to be so now."""
    passing = {check.name for check in checks if check.verdict == "healthy"}
    return _healthy_before(before) - passing


def _unanswered(checks: Sequence[Check]) -> bool:
    return any(check.needed and check.verdict == "unknown" for check in checks)


def _no_longer_reported(checks: Sequence[Check], before: HealthReport) -> Iterable[Check]:
    """Return a check for each unmoved part that is no longer reported: not healthy."""
    names = {check.name for check in checks}
    phase = checks[0].phase if checks else "after"
    for name in sorted(_healthy_before(before) - names):
        yield Check(name, "unknown", "healthy before, not reported now", phase, moved=False)


def _healthy_before(before: HealthReport) -> set[str]:
    return {check.name for check in before.checks if check.verdict == "healthy" and not check.moved}


def keep(folder: Path, health: HealthReport) -> None:
    """Write health.json to a run folder. Raises Usage (not-writable)."""
    with disk.readable_errors(folder / "health.json"):
        disk.write(folder / "health.json", msgspec.json.encode(health))


def _checks(site: Site, moves: Sequence[Move], window: Window, direction: Direction) -> list[Check]:
    """Check what the environment's settings name, then each component's and its platform."""
    phase = window.phase
    served = [move for source in site.sources for move in source.moves_of(moves)]  # no databases
    of_all = _expected(served, window, direction)
    checks = _configured(site.environment, phase, of_all)
    checks += logged.checks(site.environment, site.sources, moves, window)
    for source in site.sources:
        component_moves = source.moves_of(moves)
        expected = _expected(component_moves, window, direction)
        rows = [
            *_configured(source.environment, phase, expected),
            *logged.checks(
                source.environment,
                [source],
                component_moves,
                window,
                partial(site.label, source),
            ),
            *_platform(source, component_moves),
        ]
        checks += [
            replace(check, name=site.label(source, check.name), phase=phase) for check in rows
        ]
    return checks


def _configured(environment: Environment, phase: str, expected: Sequence[Release]) -> list[Check]:
    """Check what the settings name: endpoints, then commands."""
    every = environment.settings.health
    endpoints = [check for check in every if check.url]
    commands = [check for check in every if check.command]
    checks = http.look(endpoints, phase, expected)
    return [*checks, *command.look(commands, phase, Shell(environment.project))]


def _expected(moves: Sequence[Move], window: Window, direction: Direction) -> list[Release]:
    if window.phase == "before":
        return []
    return [direction.ends(move)[1] for move in moves if move.id not in window.untouched]


def _endpoints(site: Site) -> list[HealthCheck]:
    environments = (site.environment, *(source.environment for source in site.sources))
    return [check for environment in environments for check in environment.settings.health]


def _without_retries(site: Site) -> Site:
    """Limit each check to one attempt: the wait itself retries."""
    sources = (
        replace(source, environment=_asking_once(source.environment)) for source in site.sources
    )
    return replace(site, environment=_asking_once(site.environment), sources=tuple(sources))


def _asking_once(environment: Environment) -> Environment:
    health = tuple(replace(check, attempts=1) for check in environment.settings.health)
    return replace(environment, settings=replace(environment.settings, health=health))


def _platform(source: Source, moves: Sequence[Move]) -> list[Check]:
    """Yield the platform's own checks; an unreadable platform is `unknown`."""
    if not moves:
        return []
    try:
        return list(source.platform.checks(moves, source.shell))
    except RollbackError as error:
        return [Check(source.id, "unknown", error.message)]


def _settled(check: Check) -> Check:
    return replace(check, verdict="unhealthy") if check.verdict == "waiting" else check


def _is_lasting(after: HealthReport, before: HealthReport) -> bool:
    bad = failing(after.checks, before)
    return bool(bad) and all(check.verdict != "waiting" for check in bad)
