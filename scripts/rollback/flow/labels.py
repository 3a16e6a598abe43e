"""What targets, releases and moves are called in lines for people: cleaned and bounded."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from rollback.model import Direction, Move, Plan, Release
from rollback.text import clean


def app(name: str, component: str = "") -> str:
    """Return a target's name, with its component if there are several."""
    short = clean(name, 40)
    return short if component in ("", name) else f"{clean(component, 40)}/{short}"


def release(value: Release) -> str:
    return clean(value.label, 50)


def moves(plan: Plan, direction: Direction) -> list[str]:
    """Return a line per move: "shop: R4 -> R2", with its component if there are several."""
    rows = []
    for move in plan.moves:
        before, after = map(release, direction.ends(move))
        rows.append(f"{_of(plan, move)}: {before} -> {after}")
    return rows


def live(plan: Plan, direction: Direction) -> list[str]:
    """Return a line per move after the run: "shop: R4 is live"."""
    rows = []
    for move in plan.moves:
        _, after = direction.ends(move)
        rows.append(f"{_of(plan, move)}: {release(after)} is live")
    return rows


def several(rows: Iterable[Mapping[str, Any]]) -> bool:
    """Whether these rows are about more than one component."""
    return len({row.get("component") for row in rows}) > 1


def few(rows: Iterable[str], limit: int) -> list[str]:
    """Return the first rows, and a count of the rest."""
    every = list(rows)
    return every if len(every) <= limit else [*every[:limit], f"and {len(every) - limit} more"]


def count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _of(plan: Plan, move: Move) -> str:
    several = len(plan.components) > 1
    return app(move.target.app, move.target.component if several else "")
