"""A look at health outside a rollback: of what serves an environment now, or of what a run has moved."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from rollback.records import run
from rollback.flow import health, history
from rollback.model import HealthReport, Verb
from rollback.text import clean


def of_environment(project: Path, name: str | None) -> HealthReport:
    """Raises what reading the history raises."""
    where = history.place(project, name)
    return health.look(where.environment, history.standing(history.read(where)), where.shell, "now")


def of_run(project: Path, which: str) -> HealthReport:
    """Expects the release that the run arrived at (after a restore: the one it had left) and leaves health.json in its folder."""
    folder = run.find(project, which, "summary")
    plan, state = run.load_plan(folder), run.state(folder)
    verb: Verb = "restore" if state in ("new", "restored") else "execute"
    where = history.place(project, plan.environment)
    found = health.look(where.environment, plan.moves, where.shell, "now", verb)
    report = health.report(found.checks, plan.health)
    health.keep(folder, report)
    return report


def lines(report: HealthReport) -> Iterator[str]:
    """One line per check."""
    for check in report.checks:
        yield f"  {clean(check.name, 120)}  {check.verdict}{': ' + clean(check.detail, 160) if check.detail else ''}"
