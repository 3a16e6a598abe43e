"""The result as one page that a person forwards: report.html, without network or scripts."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from msgspec import Struct

from rollback.cli import command
from rollback.contracts import rolls_back
from rollback.flow import labels, timeline
from rollback.model import Check, HealthReport, Outcome, Plan, Skipped
from rollback.platforms import platforms
from rollback.records import audit, disk
from rollback.records import run as runs
from rollback.text import clean

NAME = "report.html"
TEMPLATES = Path(__file__).parents[3] / "templates"
MOST_COMMANDS = 8
_VERDICTS = ("healthy", "waiting", "unhealthy", "unknown")
# what a badge looks like: the page has three colours for it
_TONES = {
    "done": "good", "already": "good", "restored": "good", "rolled-back": "good", "healthy": "good",
    "expand": "good", "leave": "good",
    "partial": "warn", "interrupted": "warn", "waiting": "warn", "unknown": "warn", "cut": "warn",
    "tightened": "warn", "data": "warn", "unchanged": "warn", "relax": "warn", "reverse": "warn",
    "failed": "bad", "refused": "bad", "unhealthy": "bad", "contract": "bad",
}  # fmt: skip


class Share(Struct, frozen=True):
    """A part of a bar: how many checks have this verdict."""

    verdict: str
    count: int
    percent: float


class Comparison(Struct, frozen=True):
    """One check before and after, "" where it was not made."""

    name: str
    before: str
    after: str
    detail: str


def write(project: Path, folder: Path, outcome: Outcome, facts: dict[str, Any]) -> None:
    """Write report.html. `facts` are those of the summary: at, who, reason, head, limits."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    page = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_cell,
    )
    plan, lines = runs.load_plan(folder), runs.journal(folder)
    text = page.get_template("report.html.j2").render(
        **facts,
        plan=plan,
        run=folder,
        outcome=outcome,
        heading="Restore" if outcome.outcome == "restored" else "Rollback",
        bars=timeline.of(plan, lines),
        skipped=list(_skipped(plan)),
        before=_shares(check for check in outcome.health.checks if check.phase == "before"),
        after=_shares(check for check in outcome.health.checks if check.phase != "before"),
        checks=list(_compared(outcome.health)),
        approvals=[row for row in audit.rows(project, "approval") if row.get("run") == folder.name],
        watch=list(watch(plan)),
        tones=_TONES,
    )
    disk.write(folder / NAME, text.encode())


def watch(plan: Plan) -> Iterator[str]:
    """Yield the commands that show how it does from now on: the platforms', then ours."""
    words: dict[tuple[str, ...], None] = {}
    for component in plan.components:
        kind, _, id = component.adapter.partition("/")
        app = kind == "platforms" and component.part == "app"
        adapter = platforms[id] if app else None
        if rolls_back(adapter):
            for move in component.moves:
                words.update(dict.fromkeys(adapter.watch(move.target)))
    yield from (shlex.join(each) for each in list(words)[:MOST_COMMANDS])
    yield command("health", plan.environment)
    yield command("plan", plan.environment, "status")


def _skipped(plan: Plan) -> Iterator[tuple[str, Skipped]]:
    several = len(plan.components) > 1
    for move in plan.moves:
        name = labels.app(move.target.app, move.target.component if several else "")
        yield from ((name, skip) for skip in move.skipped)


def _shares(checks: Iterable[Check]) -> list[Share]:
    verdicts: list[str] = [check.verdict for check in checks]
    counts = [(verdict, verdicts.count(verdict)) for verdict in _VERDICTS]
    return [Share(name, count, 100 * count / len(verdicts)) for name, count in counts if count]


def _compared(health: HealthReport) -> Iterator[Comparison]:
    before = {check.name: check for check in health.checks if check.phase == "before"}
    after = {check.name: check for check in health.checks if check.phase != "before"}
    for name in dict.fromkeys([*after, *before]):
        then, now = before.get(name), after.get(name)
        detail = now.detail if now else then.detail if then else ""
        yield Comparison(name, then.verdict if then else "", now.verdict if now else "", detail)


def _cell(value: object) -> object:
    """Clean a text; what a macro of the page made is markup already."""
    plain = isinstance(value, (str, Path)) and not hasattr(value, "__html__")
    return clean(str(value), 400) if plain else value
