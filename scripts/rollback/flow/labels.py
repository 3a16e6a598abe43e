"""What targets, releases and moves are called in lines for people: cleaned and bounded."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rollback.flow import undo
from rollback.model import Check, Database, Direction, InfrastructureChange, Move, Plan, Release
from rollback.text import clean

_KEYS = 8  # of the configuration
_FEW = 3  # migrations, and losses, of one database


def app(name: str, component: str = "") -> str:
    """Return a target's name, with its component if there are several."""
    short = clean(name, 40)
    return short if component in ("", name) else f"{clean(component, 40)}/{short}"


def release(value: Release) -> str:
    return clean(value.label, 50)


def moves(plan: Plan, direction: Direction) -> list[str]:
    """Return a line per move: "shop: R4 -> R2", with its component if there are several."""
    rows = []
    for move in ordered(plan, direction):
        before, after = map(release, direction.ends(move))
        rows.append(f"{_of(plan, move)}: {before} -> {after}")
    return rows


def ordered(plan: Plan, direction: Direction) -> tuple[Move, ...]:
    """Return the moves in the order of the script: a restore begins with the last."""
    back = direction.verb == "restore"
    anew = undo.planned_anew(plan) if back else set()
    every = (
        move for each in direction.components(plan) for move in each.moves[:: -1 if back else 1]
    )
    return tuple(move for move in every if move.id not in anew)


_SIGNS = {"added": "+", "removed": "-", "changed": "~"}


def config(plan: Plan) -> str:
    """Return the keys that come along: "+NEW_KEY, -OLD_KEY, ~CHANGED and 3 more", or ""."""
    rows = [f"{_SIGNS[row.change]}{clean(row.key, 60)}" for row in plan.config if row.restored]
    more = f" and {len(rows) - _KEYS} more" if len(rows) > _KEYS else ""
    return ", ".join(rows[:_KEYS]) + more


def location(plan: Plan) -> str:
    """Return where the moves happen, "" if that differs or is unknown."""
    apps = (component for component in plan.components if component.part == "app")
    every = {move.target.location for component in apps for move in component.moves}
    return clean(every.pop(), 80) if len(every) == 1 else ""


def live(plan: Plan, direction: Direction) -> list[str]:
    """Return a line per move after the run: "shop: R4 is live"."""
    rows = []
    for move in ordered(plan, direction):
        _, after = direction.ends(move)
        rows.append(f"{_of(plan, move)}: {release(after)} is live")
    return rows


def reversals(plan: Plan) -> list[str]:
    """Return a line per database that goes back: migrations, order, loss, backup."""
    said = {"reverse": _reversal, "relax": _relaxation}
    return [said[row.action](row) for row in plan.databases if row.action in said]


def _reversal(row: Database) -> str:
    ids = ", ".join(few([clean(migration.id, 40) for migration in row.migrations], _FEW))
    order = "before the application" if row.order == "before-app" else "after the application"
    lost = [text for one in row.migrations if one.loses for text in one.loses.tables]
    loses = f"; loses {clean('; '.join(few(lost, _FEW)), 160)}" if lost else ""
    backup = f"; backup first: {clean(row.backup.path, 80)}" if row.backup else ""
    return f"{_database(row)}: reverses {ids} ({row.tool}) {order}{loses}{backup}"


def _relaxation(row: Database) -> str:
    dropped = clean("; ".join(few(row.relaxes, _FEW)), 200)
    backup = f"; backup first: {clean(row.backup.path, 80)}" if row.backup else ""
    return f"{_database(row)}: drops {dropped} before the application{backup}"


def _database(row: Database) -> str:
    """Return which database it is; what starts its programs is in the script."""
    return row.location.partition(", through ")[0]


def infrastructure(plan: Plan) -> list[str]:
    """Return a line per infrastructure that changes: where, and what becomes of which object."""
    places = {move.target.component: move.target.location for move in plan.moves}
    lines = []
    for component in dict.fromkeys(row.component for row in plan.infrastructure):
        rows = [row for row in plan.infrastructure if row.component == component]
        parts = [f"{_doing(row)} {clean(row.address, 60)}" for row in sorted(rows, key=_weight)]
        where = places.get(component) or component
        lines.append(f"{clean(where, 60)}: {', '.join(few(parts, _FEW + 1))} ({rows[0].tool})")
    return lines


def _doing(row: InfrastructureChange) -> str:
    if len(row.actions) > 1:
        return "replace"
    return "let go of" if row.actions == ("forget",) else clean(row.actions[0], 20)


def _weight(row: InfrastructureChange) -> tuple[bool, bool]:
    """Sort what is refused first, then what deletes."""
    return not row.refused, "delete" not in row.actions


def several(rows: Iterable[Mapping[str, Any]]) -> bool:
    """Whether these rows are about more than one component."""
    return len({row.get("component") for row in rows}) > 1


def few(rows: Iterable[str], limit: int) -> list[str]:
    """Return the first rows, and a count of the rest."""
    every = list(rows)
    return every if len(every) <= limit else [*every[:limit], f"and {len(every) - limit} more"]


def count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def checks(rows: Sequence[Check], limit: int) -> str:
    """Return " - " and the checks that are not healthy, else all of them; "" without any."""
    bad = [check for check in rows if check.verdict != "healthy"]
    shown = few(map(_check, bad or rows), limit)
    return f" - {'; '.join(shown)}" if shown else ""


def _check(check: Check) -> str:
    """Return "URL answers 500"; the verdict is named where the detail does not imply it."""
    implied = check.verdict in ("healthy", "unhealthy") and check.detail
    verdict = "" if implied else f" {check.verdict}"
    detail = f" {clean(check.detail, 80)}" if check.detail else ""
    return f"{clean(check.name, 50)}{verdict}{detail}"


def _of(plan: Plan, move: Move) -> str:
    several = len(plan.components) > 1
    return app(move.target.app, move.target.component if several else "")
