"""What targets, releases and moves are called in lines for people: cleaned and bounded."""

from __future__ import annotations

from collections.abc import Iterable

from rollback.model import Direction, Move, Plan, Release
from rollback.text import clean


def app(name: str, component: str = "") -> str:
    """The name of a target; `component` is given where there are several."""
    short = clean(name, 40)
    return short if component in ("", name) else f"{clean(component, 40)}/{short}"


def release(value: Release) -> str:
    return clean(value.label, 50)


def moves(plan: Plan, direction: Direction) -> list[str]:
    """One line per move: "shop: R4 -> R2"; with its component where the plan has several."""
    several = len(plan.components) > 1
    return [_move(move, direction, several) for move in plan.moves]


def few(rows: Iterable[str], limit: int) -> list[str]:
    """The first rows; the rest is counted."""
    every = list(rows)
    return every if len(every) <= limit else [*every[:limit], f"and {len(every) - limit} more"]


def count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _move(move: Move, direction: Direction, several: bool) -> str:
    before, after = direction.ends(move)
    name = app(move.target.app, move.target.component if several else "")
    return f"{name}: {release(before)} -> {release(after)}"
