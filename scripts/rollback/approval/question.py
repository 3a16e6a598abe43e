"""The text of the client's question: what a person decides on in ten seconds. Standard library only."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rollback.text import clean

FEW = 3
_HOOKS = {
    "execute": "hooks",
    "restore": "hooks-restore",
}  # often a migration: what these steps do not touch, they may
_OTHER_WAY = {"execute": "restore-deletes", "restore": "deletes"}
_LEFT_ALONE = "left-alone"
_NOT_RESTARTED = "no-restart"
# in a line of their own; and a reason may have come with the phrase
_SAID = (*_HOOKS.values(), "migrations-stay", "downtime", _NOT_RESTARTED, _LEFT_ALONE, "no-reason")


def load(run: Path) -> dict[str, Any]:
    """plan.json as plain data. Raises OSError, ValueError."""
    plan = json.loads((run / "plan.json").read_text(encoding="utf-8"))
    if not isinstance(plan, dict):
        raise ValueError("plan.json is no plan")
    return plan


def started(run: Path) -> bool:
    try:
        return (run / "journal.jsonl").stat().st_size > 0
    except OSError:
        return False


def has_way_back(plan: dict[str, Any]) -> bool:
    """False when no step of it can be taken back."""
    final = any(step["irreversible"] for step in plan["steps"])
    return not final or any(step["undo"] for step in plan["steps"])


def text(verb: str, plan: dict[str, Any], run: Path) -> str:
    """What happens, where, from what to what, the way back, and what speaks against it.

    What decides stands first: the client's terminal shows about ten lines of it and counts the rest.
    """
    return "\n".join(_lines(verb, plan, run))


def _lines(verb: str, plan: dict[str, Any], run: Path) -> Iterator[str]:
    what = "ROLL BACK" if verb == "execute" else "TAKE BACK the rollback of"
    yield f"{what} {clean(plan['environment'], 40)} ({plan['platform']}{', protected' if plan['protected'] else ''}, level {plan['level']})"
    yield from _some([_move(verb, move) for move in plan["moves"]])
    yield from _left_alone(plan) if verb == "execute" else ()
    yield _database(verb, plan)
    yield f"downtime: {_downtime(plan)}"
    yield f"irreversible: {_irreversible(plan)}"
    yield f"way back: {_way_back(verb, plan)}"
    yield (
        f"health now: {plan['health']['verdict']}"
        if verb == "execute"
        else f"health: see {run.name}/summary.md"
    )
    told = [
        one
        for one in plan["findings"]
        if one["level"] == "warning" and one["code"] not in (*_SAID, _OTHER_WAY[verb])
    ]
    yield from _some([f"warning: {clean(one['message'], 160)}" for one in told])
    yield from _skipped(plan) if verb == "execute" else ()
    yield from _commits(verb, plan["taken_back"])
    titles = _some([clean(step["title"], 100) for step in plan["steps"]])
    yield ("steps: " if verb == "execute" else "undoes, last one first: ") + "; ".join(titles)


def _database(verb: str, plan: dict[str, Any]) -> str:
    codes = (_HOOKS[verb], "migrations-stay")
    hooks, migrations = (
        [clean(one["message"], 120) for one in plan["findings"] if one["code"] == code]
        for code in codes
    )
    return "; ".join(
        [f"database: not touched{' by these steps' if hooks else ''}", *_some(hooks), *migrations]
    )


def _left_alone(plan: dict[str, Any]) -> list[str]:
    """What stays on another release comes first; a restore leaves nothing behind."""
    found = [one for one in plan["findings"] if one["code"] == _LEFT_ALONE]
    rows = sorted(found, key=lambda one: one["level"] != "warning")
    return _some([_not_moved(one) for one in rows])


def _not_moved(finding: dict[str, Any]) -> str:
    fix = f"; to change that: {clean(finding['fix'], 120)}" if finding.get("fix") else ""
    return f"left alone: {clean(finding['message'], 140)}{fix}"


def _downtime(plan: dict[str, Any]) -> str:
    """Only what the steps restart: a step of a move that has no proof of its own is a restart."""
    known = _messages(plan, "downtime")
    not_restarted = _messages(plan, _NOT_RESTARTED)
    restarts = any(step["moves"] and not step["proof"] for step in plan["steps"])
    if not known and not restarts:
        why = "; ".join(not_restarted)
        return f"nothing is restarted by these steps: {why}" if why else "none known"
    rows = known or ["while these steps restart what serves"]
    return "; ".join([*rows, *(f"not restarted: {message}" for message in not_restarted)])


def _messages(plan: dict[str, Any], code: str) -> list[str]:
    return _some([clean(one["message"], 160) for one in plan["findings"] if one["code"] == code])


def _irreversible(plan: dict[str, Any]) -> str:
    # a lock or a wait changes nothing
    final = [
        clean(step["title"], 100)
        for step in plan["steps"]
        if step["irreversible"] or (step["moves"] and not step["undo"])
    ]
    return ", ".join(_some(final)) or "nothing"


def _way_back(verb: str, plan: dict[str, Any]) -> str:
    if verb == "restore":
        return "plan the rollback again"
    if not has_way_back(plan):
        return "none"
    final = any(step["irreversible"] for step in plan["steps"])
    return "/deployment-rollback restore" + (", but not of what is irreversible" if final else "")


def _skipped(plan: dict[str, Any]) -> Iterator[str]:
    names = {
        f"{clean(skip['release'], 30)} {skip['code']}"
        for move in plan["moves"]
        for skip in move["skipped"]
    }
    if names:
        yield "skipped: " + ", ".join(_some(sorted(names)))


def _commits(verb: str, facts: dict[str, Any]) -> Iterator[str]:
    if facts["commits"]:
        subjects = "; ".join(f'"{clean(subject, 60)}"' for subject in facts["subjects"][:3])
        yield f"{'takes back' if verb == 'execute' else 'brings back'} {facts['commits']} commit(s){': ' + subjects if subjects else ''}"


def _move(verb: str, move: dict[str, Any]) -> str:
    ends = [_label(move["current"]), _label(move["to"])]
    old, new = ends if verb == "execute" else reversed(ends)
    return f"{clean(move['target']['app'], 40)}: {old} -> {new}"


def _label(release: dict[str, Any]) -> str:
    version = release["version"]
    return clean(
        release["id"] if version in (None, release["id"]) else f"{version} ({release['id']})", 60
    )


def _some(rows: list[str]) -> list[str]:
    return rows if len(rows) <= FEW else [*rows[:FEW], f"and {len(rows) - FEW} more"]
