"""A plan in the lines that a person (or a model) reads: one fact each, no decoration, bounded."""

from __future__ import annotations

from collections.abc import Iterator

from rollback import clock
from rollback.clock import age, span
from rollback.commands import lines
from rollback.commands.lines import FEW
from rollback.contracts import LEFT_ALONE, ON_THE_WAY_BACK
from rollback.flow import labels, left_alone
from rollback.flow.labels import few
from rollback.model import (
    FORWARD,
    REVERSE,
    HealthReport,
    Move,
    Plan,
    Release,
    Skipped,
    Step,
)
from rollback.screen import BREAK
from rollback.text import clean

FINDINGS = 6


def plan_lines(plan: Plan, next_command: str | None = None) -> Iterator[str]:
    """Present a plan in at most about 1,200 characters for one application."""
    until = f", until {clock.time(plan.expires_at)} UTC" if next_command else ""
    yield f"plan: {plan.verdict} - {_where(plan)}{until}"
    yield from few(_moves(plan), FEW)
    yield from few([f"left alone: {item}" for item in left_alone.items(plan)], FEW)
    findings = [finding for finding in plan.findings if finding.code != LEFT_ALONE]
    serious = [finding for finding in findings if finding.level != "note"]
    yield from lines.findings(serious, FINDINGS)
    yield from _migrations(plan)
    yield BREAK
    if plan.moves:
        yield from _skipped(plan)
        yield from _undone(plan)
        yield lines.health("health now", plan.health)
    yield from _steps(plan)
    yield from lines.findings([row for row in findings if row.level == "note"], FINDINGS)
    yield BREAK
    for follow_up in plan.follow_up:
        yield f"afterwards: {clean(follow_up.message, 160)}"
    yield BREAK
    if next_command:
        yield f"next: {next_command}"


def restore_lines(plan: Plan, next_command: str | None, left: HealthReport) -> Iterator[str]:
    """Present what a restore would do; without a command nothing can be undone.

    `left` is the health after the run.
    """
    yield f"restore: {_where(plan)}"
    yield from few(labels.moves(plan, REVERSE), FEW)
    if plan.taken_back.commits:
        yield f"brings back: {labels.count(plan.taken_back.commits, 'commit')}"
    yield lines.health("health before the rollback", plan.health)
    yield lines.health("health after it", lines.latest(left))
    findings = [finding for finding in plan.findings if finding.code in ON_THE_WAY_BACK]
    yield from lines.findings(findings, FEW)
    yield BREAK
    yield f"next: {next_command}" if next_command else "nothing in this run can be undone"


def restored_lines(plan: Plan) -> Iterator[str]:
    """Present a run that was restored and is still as it was restored."""
    yield f"restore: already restored - {_where(plan)}"
    yield from few(labels.live(plan, REVERSE), FEW)


def _where(plan: Plan) -> str:
    guard = ", protected" if plan.protected else ""
    level = "" if plan.level == "app" else f", level {plan.level}"
    return f"{clean(plan.environment, 40)} on {plan.adapters}{guard}{level}"


def _moves(plan: Plan) -> list[str]:
    rows = zip(labels.moves(plan, FORWARD), plan.moves, strict=True)
    return [f"{row}{_service(move.to)}{_platform_pick(move)}" for row, move in rows]


def _service(release: Release) -> str:
    """Return how long the target served, and what the platform shows of it now."""
    served = f"served {span(release.served_seconds)}" if release.served_seconds else ""
    known = "; ".join(filter(None, (served, clean(release.proven, 60))))
    return f", {known}" if known else ""


def _platform_pick(move: Move) -> str:
    if move.bare == move.current.id:
        return " (the platform's own command would change nothing)"
    if move.bare and move.bare != move.to.id:
        return f" (the platform's own command would pick {clean(move.bare, 30)})"
    return ""


def _skipped(plan: Plan) -> Iterator[str]:
    skips = dict.fromkeys(skip for move in plan.moves for skip in move.skipped)
    if skips:
        yield f"skipped: {'; '.join(few(map(_skip, skips), FEW))}"


def _skip(skip: Skipped) -> str:
    dated = not skip.at or skip.at[:10].replace("-", "") in skip.release  # its id is its date
    of = "" if dated else f" of {clock.minute(skip.at or '')}"
    why = "" if skip.reason == skip.code else f" ({clean(skip.reason, 50)})"
    return f"{clean(skip.release, 30)}{of}: {skip.code}{why}"


def _undone(plan: Plan) -> Iterator[str]:
    """Return the commits that are undone, and how long the live release has served."""
    facts = plan.taken_back
    parts = []
    if facts.commits is not None:
        authors = f" by {', '.join(facts.authors)}" if facts.authors else ""
        subjects = "; ".join(f'"{subject}"' for subject in facts.subjects[:3])
        quoted = f": {subjects}" if subjects else ""
        parts.append(f"{labels.count(facts.commits, 'commit')}{authors}{quoted}")
    if facts.age_seconds is not None:
        who = f", deployed by {facts.deployed_by}" if facts.deployed_by else ""
        parts.append(f"live for {age(facts.age_seconds)}{who}")
    if parts:
        yield f"undoes: {'; '.join(parts)}"


def _migrations(plan: Plan) -> Iterator[str]:
    """Yield the migrations that stay and do not concern the old code; findings have the others."""
    yield from (f"database: {row}" for row in labels.reversals(plan))
    if keys := labels.config(plan):
        yield f"configuration goes back: {keys}"
    yield from (f"infrastructure: {row}" for row in labels.infrastructure(plan))
    staying = [database for database in plan.databases if database.action == "leave"]
    rows = [row for database in staying for row in database.migrations]
    quiet = [row for row in rows if row.verdict in ("expand", "data")]
    if quiet:
        parts = [f"{clean(row.id, 40)} ({row.verdict}: {clean(row.why, 60)})" for row in quiet]
        yield f"schema: old code runs with {'; '.join(few(parts, FEW))}"


def _steps(plan: Plan) -> Iterator[str]:
    if plan.steps:
        yield f"steps: {'; '.join(few(map(_step, plan.steps), FEW))}"
    for step in plan.steps:
        if step.irreversible:
            yield f"irreversible: {clean(step.title)}"


def _step(step: Step) -> str:
    return clean(step.title, 80) + (" (irreversible)" if step.irreversible else "")
