"""The words a person (or a model) reads: one line per fact, no decoration, bounded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from rollback.flow import left_alone
from rollback.clock import age
from rollback.contracts import LEFT_ALONE, ON_THE_WAY_BACK
from rollback.flow.choose import label
from rollback.model import Check, Finding, HealthReport, Move, Plan, TakenBack
from rollback.text import clean

FEW = 4  # rows of a kind before the rest is counted


def plan_text(
    plan: Plan, run: str | None = None, digest: str | None = None, next_command: str | None = None
) -> str:
    """The plan as a person decides on it: at most about 1,200 characters for one application."""
    return "\n".join(plan_lines(plan, run, digest, next_command))


def plan_lines(
    plan: Plan, run: str | None = None, digest: str | None = None, next_command: str | None = None
) -> Iterator[str]:
    guard = ", protected" if plan.protected else ""
    yield f"plan: {plan.verdict} - {clean(plan.environment, 40)} on {plan.platform}{guard}, level {plan.level}"
    yield from _few([_move_line(move) for move in plan.moves])
    yield from _few([f"left alone: {item}" for item in left_alone.items(plan)])
    yield from _about_choice(plan.moves)
    if plan.moves:
        yield from _taken_back(plan.taken_back)
        yield from _health_lines(plan.health)
    others = [finding for finding in plan.findings if finding.code != LEFT_ALONE]
    yield from _few([_finding(finding) for finding in others], 6)
    if plan.steps:
        yield "steps: " + "; ".join(
            _few([_step(step.title, step.irreversible) for step in plan.steps])
        )
        yield from (
            "irreversible: " + clean(step.title) for step in plan.steps if step.irreversible
        )
    for follow_up in plan.follow_up:
        yield f"afterwards: {clean(follow_up.message, 160)}"
    if run:
        yield f"run: {run}"
    if digest:
        yield f"digest: {digest}   expires {plan.expires_at}"
    if next_command:
        yield f"next: {next_command}"


def restore_lines(plan: Plan, run: str, next_command: str | None) -> Iterator[str]:
    """The way back of a run, which begins only when its command is approved; without a command there is none."""
    yield f"restore: {clean(plan.environment, 40)} on {plan.platform}{', protected' if plan.protected else ''}"
    yield from _few(
        [
            f"{clean(move.target.app, 40)}: {clean(label(move.to), 50)} -> {clean(label(move.current), 50)}"
            for move in plan.moves
        ]
    )
    if plan.taken_back.commits:
        yield f"brings back: {plan.taken_back.commits} commit(s)"
    yield from _few(
        [_finding(finding) for finding in plan.findings if finding.code in ON_THE_WAY_BACK]
    )
    yield f"run: {run}"
    yield (
        f"next: {next_command}" if next_command else "nothing of it can be taken back by restore.py"
    )


def restored_lines(plan: Plan, run: str) -> Iterator[str]:
    """Instead of the way back, when it has been taken and everything is still where it led."""
    yield f"restore: already restored - {clean(plan.environment, 40)} on {plan.platform}"
    rows = [(clean(move.target.app, 40), clean(label(move.current), 50)) for move in plan.moves]
    yield from _few([f"{app}: {release} serves" for app, release in rows])
    yield f"run: {run}"


def history_lines(facts: dict[str, Any], limit: int = 10) -> Iterator[str]:
    """Newest first; at most about 900 characters."""
    yield f"history: {facts['environment']} on {facts['platform']} ({facts['cached_seconds']} s old)"
    rows = facts["releases"]
    for row in rows[:limit]:
        version = f" {clean(row['version'], 30)}" if row["version"] not in (None, row["id"]) else ""
        where = f"{clean(row['app'], 30)} " if row.get("app") else ""
        commit = f" {row['commit'][:10]}" if row["commit"] else ""
        yield f"  {where}{clean(row['id'], 40)}{version}  {row['status']}  {_when(row)}{commit}"
    if len(rows) > limit:
        yield f"  and {len(rows) - limit} older (--json lists them)"


def _when(row: dict[str, Any]) -> str:
    """When it was deployed; else, as a hint, when it was committed or built."""
    return row["deployed_at"] or (f"made {row['made_at']}" if row.get("made_at") else "-")


def outcome_lines(facts: dict[str, Any]) -> Iterator[str]:
    """The result of execute, restore or summary: at most about 800 characters for one application."""
    stays = facts["stays"] if facts["exit"] != 5 else ()  # a failed step is the news then
    which = f": {', '.join(_few(stays))}" if stays else ""
    yield f"{_ending(facts)} (exit {facts['exit']}){which}"
    yield from _few([_result(row) for row in facts["targets"]])
    checks = [Check(**row) for row in facts["health"]["checks"]]
    yield from _health_lines(HealthReport(facts["health"]["verdict"], tuple(checks)))
    yield from _few([f"open: {clean(item, 360)}" for item in facts["open"]])
    if facts["next"]:
        yield f"next: {facts['next']}"


def _ending(facts: dict[str, Any]) -> str:
    if facts["outcome"] == "already" and {row["state"] for row in facts["targets"]} == {"restored"}:
        return "already restored"
    return str(facts["outcome"])


def _result(row: dict[str, Any]) -> str:
    names = {key: clean(str(row[key] or "?"), 40) for key in ("target", "now", "from", "to")}
    return f"{names['target']}: {row['state']}, now {names['now']} ({names['from']} -> {names['to']}); {clean(row['proof'], 80)}"


def _move_line(move: Move) -> str:
    bare = ""
    if move.bare and move.bare not in (move.to.id, move.current.id):
        bare = f" (the bare command would pick {clean(move.bare, 30)})"
    elif move.bare == move.current.id:
        bare = " (the bare command would stay where it is)"
    return f"{clean(move.target.app, 40)}: {clean(label(move.current), 50)} -> {clean(label(move.to), 50)}{bare}"


def _about_choice(moves: Sequence[Move]) -> Iterator[str]:
    skipped = list(dict.fromkeys(skip for move in moves for skip in move.skipped))
    if skipped:
        yield "skipped: " + "; ".join(
            _few(
                [
                    f"{clean(skip.release, 30)} {skip.code} ({clean(skip.reason, 50)})"
                    for skip in skipped
                ]
            )
        )


def _taken_back(facts: TakenBack) -> Iterator[str]:
    parts = []
    if facts.commits is not None:
        who = f" by {', '.join(facts.authors)}" if facts.authors else ""
        subjects = "; ".join(f'"{subject}"' for subject in facts.subjects[:3])
        parts.append(f"{facts.commits} commit(s){who}{': ' + subjects if subjects else ''}")
    if facts.age_seconds is not None:
        parts.append(
            f"live for {age(facts.age_seconds)}"
            + (f", deployed by {facts.deployed_by}" if facts.deployed_by else "")
        )
    if parts:
        yield "takes back: " + "; ".join(parts)


def _health_lines(report: HealthReport) -> Iterator[str]:
    if not report.checks:
        yield f"health: {report.verdict}"
        return
    for phase in dict.fromkeys(check.phase for check in report.checks):
        rows = [check for check in report.checks if check.phase == phase]
        bad = [check for check in rows if check.verdict != "healthy"]
        told = "; ".join(_few([_check(check) for check in bad or rows]))
        yield f"health {phase}: {len(rows) - len(bad)} of {len(rows)} healthy - {told}"


def _check(check: Check) -> str:
    return f"{clean(check.name, 50)} {check.verdict}" + (
        f": {clean(check.detail, 80)}" if check.detail else ""
    )


def _finding(finding: Finding) -> str:
    fix = f" - fix: {clean(finding.fix, 220)}" if finding.fix else ""
    return f"{finding.level} {finding.code}: {clean(finding.message, 260)}{fix}"


def _step(title: str, irreversible: bool) -> str:
    return clean(title, 80) + (" (irreversible)" if irreversible else "")


def _few(rows: Iterable[str], limit: int = FEW) -> list[str]:
    rows = list(rows)
    return rows if len(rows) <= limit else [*rows[:limit], f"and {len(rows) - limit} more"]
