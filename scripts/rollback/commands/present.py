"""A plan in the lines that a person (or a model) reads: one fact each, no decoration, bounded."""

from __future__ import annotations

from collections.abc import Iterator

from rollback.clock import age
from rollback.commands import lines
from rollback.commands.lines import FEW
from rollback.contracts import LEFT_ALONE, ON_THE_WAY_BACK
from rollback.flow import labels, left_alone
from rollback.flow.labels import few
from rollback.model import FORWARD, REVERSE, Move, Plan, Step
from rollback.text import clean

FINDINGS = 6


def plan_lines(
    plan: Plan, run: str | None = None, digest: str | None = None, next_command: str | None = None
) -> Iterator[str]:
    """Present a plan in at most about 1,200 characters for one application."""
    yield f"plan: {plan.verdict} - {_where(plan)}, level {plan.level}"
    yield from few(_moves(plan), FEW)
    yield from few([f"left alone: {item}" for item in left_alone.items(plan)], FEW)
    yield from _skipped(plan)
    if plan.moves:
        yield from _undone(plan)
        yield from lines.health(plan.health)
    findings = [finding for finding in plan.findings if finding.code != LEFT_ALONE]
    yield from few(map(lines.finding, findings), FINDINGS)
    yield from _steps(plan)
    for follow_up in plan.follow_up:
        yield f"afterwards: {clean(follow_up.message, 160)}"
    if run:
        yield f"run: {run}"
    if digest:
        yield f"digest: {digest}   expires {plan.expires_at}"
    if next_command:
        yield f"next: {next_command}"


def restore_lines(plan: Plan, run: str, next_command: str | None) -> Iterator[str]:
    """Present what a restore would do; without a command nothing can be undone."""
    yield f"restore: {_where(plan)}"
    yield from few(labels.moves(plan, REVERSE), FEW)
    if plan.taken_back.commits:
        yield f"brings back: {labels.count(plan.taken_back.commits, 'commit')}"
    findings = [finding for finding in plan.findings if finding.code in ON_THE_WAY_BACK]
    yield from few(map(lines.finding, findings), FEW)
    yield f"run: {run}"
    yield f"next: {next_command}" if next_command else "nothing in this run can be undone"


def restored_lines(plan: Plan, run: str) -> Iterator[str]:
    """Present a run that was restored and is still as it was restored."""
    yield f"restore: already restored - {_where(plan)}"
    yield from few(labels.live(plan, REVERSE), FEW)
    yield f"run: {run}"


def _where(plan: Plan) -> str:
    guard = ", protected" if plan.protected else ""
    return f"{clean(plan.environment, 40)} on {plan.adapters}{guard}"


def _moves(plan: Plan) -> list[str]:
    rows = zip(labels.moves(plan, FORWARD), plan.moves, strict=True)
    return [f"{row}{_platform_pick(move)}" for row, move in rows]


def _platform_pick(move: Move) -> str:
    if move.bare == move.current.id:
        return " (the platform's own command would change nothing)"
    if move.bare and move.bare != move.to.id:
        return f" (the platform's own command would pick {clean(move.bare, 30)})"
    return ""


def _skipped(plan: Plan) -> Iterator[str]:
    skips = dict.fromkeys(skip for move in plan.moves for skip in move.skipped)
    rows = [f"{clean(skip.release, 30)} {skip.code} ({clean(skip.reason, 50)})" for skip in skips]
    if rows:
        yield f"skipped: {'; '.join(few(rows, FEW))}"


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


def _steps(plan: Plan) -> Iterator[str]:
    if plan.steps:
        yield f"steps: {'; '.join(few(map(_step, plan.steps), FEW))}"
    for step in plan.steps:
        if step.irreversible:
            yield f"irreversible: {clean(step.title)}"


def _step(step: Step) -> str:
    return clean(step.title, 80) + (" (irreversible)" if step.irreversible else "")
