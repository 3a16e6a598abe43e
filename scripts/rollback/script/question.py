"""The question that a person answers before a run. Written with the plan; in the digest."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from rollback.approval import approvals, asked
from rollback.clock import age
from rollback.contracts import INFRASTRUCTURE_STAYS, LEFT_ALONE
from rollback.flow import labels, undo
from rollback.model import DIRECTIONS, Direction, Finding, Plan, Step, Verb
from rollback.records import disk
from rollback.text import clean

FEW = 3
PARTS = 6  # of one system: each has its line
CHECKS = 2
# often a migration: it may touch what the steps do not touch
HOOKS: dict[Verb, str] = {"execute": "hooks", "restore": "hooks-restore"}
# warnings about the release that a rollback chooses; a restore chooses none
CHOICE = (
    *("only-the-one-before", "nothing-to-roll-back-to", "healthy-now", "hosts-disagree"),
    *("guess", "no-log", "log-not-understood", "finish-not-proven", "config-changed"),
    *("failed", "rolled-back-from", "unhealthy-evidence", "short-lived", "config-only"),
    *("artifact-gone", "same-content", "unfinished", "bad-mark"),
)
OTHER_DIRECTION: dict[Verb, tuple[str, ...]] = {
    "execute": ("restore-deletes",),
    "restore": ("deletes", "loses-data", "infrastructure-deletes", *CHOICE),
}
DOWNTIME = "downtime"
NO_RESTART = "no-restart"
# these have a line of their own; a reason may have come with the phrase
ELSEWHERE = (
    *(*HOOKS.values(), DOWNTIME, NO_RESTART, LEFT_ALONE, "no-reason"),
    "infrastructure-deletes",
)


def write(plan: Plan, run: Path) -> None:
    """Write the questions of both directions into the run folder. Raises Usage (not-writable)."""
    for verb, direction in DIRECTIONS.items():
        question = text(direction, plan)
        disk.write(run / approvals.QUESTIONS[verb], f"{question}\n".encode() if question else b"")


def text(direction: Direction, plan: Plan) -> str:
    """Return the question: what, from what to what, what speaks against it, health, the undo.

    What decides comes first: the client's terminal shows about ten lines and counts the rest.
    The reason, and for a restore the health now, are added when it is asked: approval/asked.py.
    Empty where nothing of the run can be undone.
    """
    if direction.verb == "restore":
        return "\n".join(_restore(direction, plan)) if undo.is_possible(plan) else ""
    return "\n".join(_execute(direction, plan))


def titles(direction: Direction, plan: Plan) -> list[str]:
    """Return the step titles in the order in which the script runs them."""
    if direction.verb == "execute":
        return [step.title for step in plan.steps]
    undos = [
        step.undo
        for component in direction.components(plan)
        for step in _last_undos_last(component.steps)
        if step.undo
    ]
    return [step.title for step in undos]


def _last_undos_last(steps: tuple[Step, ...]) -> list[Step]:
    backwards = steps[::-1]
    return sorted(backwards, key=lambda step: bool(step.undo and step.undo.last))


def _execute(direction: Direction, plan: Plan) -> Iterator[str]:
    yield f"ROLL BACK {_where(plan)}"
    yield from _moves(direction, plan)
    yield from _left_alone(plan)
    yield from _irreversible(plan)
    yield from _infrastructure(plan)
    yield from _warnings(direction, plan)
    yield f"health now: {_described(plan)}"
    yield _database(direction, plan)
    if keys := labels.config(plan):
        yield f"configuration goes back: {keys}"
    yield f"undo: {_how_to_undo(plan)}"
    yield f"downtime: {_downtime(direction, plan)}"
    yield from _served(plan)
    yield from _commits("undoes", plan)
    yield from _skipped(plan)
    yield f"steps: {_steps(direction, plan)}"


def _restore(direction: Direction, plan: Plan) -> Iterator[str]:
    yield f"UNDO the rollback of {_where(plan)}"
    yield from _moves(direction, plan)
    if final := _not_undone(plan):
        yield f"stays rolled back: {final}"
    yield from _messages(plan, INFRASTRUCTURE_STAYS, 140)
    yield from _warnings(direction, plan)
    yield f"{asked.HEALTH}{_described(plan)}"
    yield from _commits("brings back", plan)
    yield f"downtime: {_downtime(direction, plan)}"
    yield _database(direction, plan)
    yield "undo: plan the rollback again"
    yield f"steps, as far as the rollback began them: {_steps(direction, plan)}"


def _moves(direction: Direction, plan: Plan) -> list[str]:
    """Return a line for each part of a system; of many workloads only the first."""
    rows = labels.moves(plan, direction)
    return rows if len(rows) <= PARTS else labels.few(rows, FEW)


def _where(plan: Plan) -> str:
    guard = ", protected" if plan.protected else ""
    level = "" if plan.level == "app" else f", level {plan.level}"
    where = labels.location(plan)
    at = f" at {where}" if where else ""
    several = len({component.adapter for component in plan.components}) > 2
    what = labels.count(len(plan.moves), "part") if several else plan.adapters
    return f"{clean(plan.environment, 40)} ({what}{guard}{level}){at}"


def _irreversible(plan: Plan) -> Iterator[str]:
    if final := _not_undone(plan):
        yield f"irreversible: {final}"


def _described(plan: Plan) -> str:
    """Return the health before the run and its cause: "unhealthy - URL answers 500"."""
    return f"{plan.health.verdict}{labels.checks(plan.health.checks, CHECKS)}"


def _served(plan: Plan) -> Iterator[str]:
    """Return how long the release being left has served."""
    facts = plan.taken_back
    if facts.age_seconds is not None:
        who = f", deployed by {clean(facts.deployed_by, 40)}" if facts.deployed_by else ""
        yield f"live for {age(facts.age_seconds)}{who}"


def _steps(direction: Direction, plan: Plan) -> str:
    return "; ".join(labels.few([clean(title, 60) for title in titles(direction, plan)], FEW))


def _left_alone(plan: Plan) -> list[str]:
    """Yield what is left alone; parts on another release (warnings) come first."""
    findings = [finding for finding in plan.findings if finding.code == LEFT_ALONE]
    ordered = sorted(findings, key=lambda finding: finding.level != "warning")
    return labels.few([f"left alone: {_with_fix(finding)}" for finding in ordered], FEW)


def _with_fix(finding: Finding) -> str:
    message = clean(finding.message, 140)
    return f"{message}; to change that: {clean(finding.fix, 120)}" if finding.fix else message


def _database(direction: Direction, plan: Plan) -> str:
    if reversals := labels.reversals(plan):
        again = _messages(plan, "restore-migrates", 200)
        rows = reversals if direction.verb == "execute" else again
        return f"database: {'; '.join(rows)}"
    hooks = _messages(plan, HOOKS[direction.verb], 120)
    untouched = "database: not touched by these steps" if hooks else "database: not touched"
    return "; ".join([untouched, *hooks])


def _infrastructure(plan: Plan) -> Iterator[str]:
    rows = labels.infrastructure(plan)
    yield from labels.few((f"infrastructure: {row}; not undone by restore" for row in rows), FEW)


def _downtime(direction: Direction, plan: Plan) -> str:
    """Return the downtime of what the steps restart."""
    known = _messages(plan, DOWNTIME, 160)
    kept = _messages(plan, NO_RESTART, 160)
    if not known and not _restarts(direction, plan):
        return "; ".join(["none, these steps restart nothing", *kept]) if kept else "none known"
    rows = known or ["while these steps restart the application"]
    return "; ".join([*rows, *(f"not restarted: {message}" for message in kept)])


def _restarts(direction: Direction, plan: Plan) -> bool:
    """Whether a step is a restart: it has moves and no proof."""
    steps = [step for step in plan.steps if step.moves]
    if direction.verb == "restore":
        return any(step.undo and not step.undo.proof for step in steps)
    return any(not step.proof for step in steps)


def _not_undone(plan: Plan) -> str:
    """Return the irreversible steps; one without moves (a wait) changes nothing."""
    steps = [
        step
        for step in plan.steps
        if step.irreversible or (step.moves and not step.undo and not step.once)
    ]
    return ", ".join(labels.few([clean(step.title, 100) for step in steps], FEW))


def _how_to_undo(plan: Plan) -> str:
    if not undo.is_possible(plan):
        anew = any(step.once for step in plan.steps)
        return "a new plan for the other release" if anew else "not possible"
    irreversible = any(step.irreversible for step in plan.steps)
    anew = any(step.once for step in plan.steps)
    return "".join(
        (
            "/deployment-rollback restore",
            ", except what is irreversible" if irreversible else "",
            ", except infrastructure: that takes a new plan" if anew else "",
        )
    )


def _warnings(direction: Direction, plan: Plan) -> list[str]:
    hidden = (*ELSEWHERE, *OTHER_DIRECTION[direction.verb])
    messages = [
        finding.message
        for finding in plan.findings
        if finding.level == "warning" and finding.code not in hidden
    ]
    shown = FEW if len(messages) <= FEW else FEW - 1
    return labels.few([f"warning: {clean(message, 140)}" for message in messages], shown)


def _skipped(plan: Plan) -> Iterator[str]:
    skips = {skip for move in plan.moves for skip in move.skipped}
    names = sorted({f"{clean(skip.release, 30)} {skip.code}" for skip in skips})
    if names:
        yield f"skipped: {', '.join(labels.few(names, FEW))}"


def _commits(verb: str, plan: Plan) -> Iterator[str]:
    commits = plan.taken_back.commits
    if commits:
        quoted = [f'"{clean(subject, 60)}"' for subject in plan.taken_back.subjects[:3]]
        subjects = f": {'; '.join(quoted)}" if quoted else ""
        yield f"{verb} {labels.count(commits, 'commit')}{subjects}"


def _messages(plan: Plan, code: str, limit: int) -> list[str]:
    messages = [clean(finding.message, limit) for finding in plan.findings if finding.code == code]
    return labels.few(messages, FEW)
