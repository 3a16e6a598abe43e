"""`plan.py --drill`: whether this environment could be rolled back right now."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import to_builtins

from rollback import clock
from rollback.commands import lines
from rollback.commands.answer import Answer
from rollback.commands.plan_options import Call
from rollback.commands.words import Action
from rollback.errors import RollbackError, Usage
from rollback.flow import drill, labels
from rollback.flow.drill import Drill, Reach
from rollback.records import lock
from rollback.text import clean

# as of a plan, but what is already there is no way back
FOR_THE_MODEL = ("ready", "already", "choose", "blocked")  # end with 0 from standard input
EXITS = {"ready": 0, "choose": 2, "already": 3, "nothing": 3, "blocked": 6}
FINDINGS = 10
EARLIER = 5


def answer(call: Call, action: Action) -> Answer:
    """Drill. Raises Usage (drill-words) beside another mode, and whatever a plan raises."""
    if action != "rollback" or call.abandon or call.request.dry_run:
        message = "--drill is about a rollback: it cannot be combined with another mode"
        raise Usage("drill-words", message, "plan.py [environment] [release] --drill")
    try:
        lock.look(call.request.project)
        result = drill.run(call.request)
    except RollbackError as error:
        if not call.badge:
            raise
        return Answer(drill.broken(error.code), [error.message], error.exit_code)
    badge = drill.badge(result)
    facts = badge if call.badge else {**to_builtins(result), "back": result.back, "badge": badge}
    exit = 0 if call.from_stdin and result.verdict in FOR_THE_MODEL else EXITS[result.verdict]
    return Answer(facts, list(_lines(result)), exit)


def _lines(result: Drill) -> Iterator[str]:
    level = "" if result.level == "app" else f", level {result.level}"
    verdict = "ready" if result.ready else f"not ready ({result.verdict})"
    yield f"drill: {verdict} - {clean(result.environment, 40)}{level}"
    several = len({target.component for target in result.targets}) > 1
    yield from labels.few([_reach(target, several) for target in result.targets], lines.FEW)
    if result.seconds is not None:
        yield f"takes: {clock.age(result.seconds)} (median of {labels.count(result.runs, 'run')})"
    else:
        yield "takes: unknown, there is no earlier run"
    yield from lines.findings(result.findings, FINDINGS)
    earlier = [f"{clock.minute(row.at)} {row.verdict}" for row in result.earlier]
    if earlier:
        yield f"earlier drills: {'; '.join(labels.few(earlier, EARLIER))}"


def _reach(target: Reach, several: bool) -> str:
    name = labels.app(target.target, target.component if several else "")
    move = f"{target.from_} -> {target.to}" if target.to else f"{target.from_}, no way back"
    since = f", the oldest of {target.oldest[:10]}" if target.oldest else ""
    return f"{name}: {move}; {labels.count(target.back, 'good release')} to go back to{since}"
