"""A plan as JSON: what programs may rely on, without what only our scripts need."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from msgspec import to_builtins

from rollback.flow import history
from rollback.model import Move, Plan

PLAN = ("verdict", "created_at", "expires_at", "level", "environment", "protected")
COMPONENT = ("id", "adapter", "part", "stage")
TARGET = ("environment", "component", "platform", "app", "where", "protected")
SKIPPED = ("release", "code", "reason")
CONFIG = ("component", "key", "change", "restored")
STEP = ("id", "title", "part", "irreversible")


def document(
    plan: Plan, run: str | None, digest: str | None, next_command: str | None
) -> dict[str, Any]:
    return {
        **_fields(plan, PLAN),
        "digest": digest,
        "components": [_fields(component, COMPONENT) for component in plan.components],
        "moves": [_move(move) for move in plan.moves],
        "steps": [_fields(step, STEP) for step in plan.steps],
        **({"databases": to_builtins(plan.databases)} if plan.databases else {}),
        **(_of_full(plan) if plan.level == "full" else {}),
        "findings": to_builtins(plan.findings),
        "taken_back": to_builtins(plan.taken_back),
        "health": to_builtins(plan.health),
        "run": run,
        "next": next_command,
    }


def _of_full(plan: Plan) -> dict[str, Any]:
    return {
        "config": [_fields(row, CONFIG) for row in plan.config],
        "infrastructure": to_builtins(plan.infrastructure),
    }


def _move(move: Move) -> dict[str, Any]:
    return {
        "target": _fields(move.target, TARGET),
        "current": _fields(move.current, history.SHOWN),
        "to": _fields(move.to, history.SHOWN),
        "bare": move.bare,
        "skipped": [_fields(skip, SKIPPED) for skip in move.skipped],
    }


def _fields(value: object, names: Iterable[str]) -> dict[str, Any]:
    return {name: getattr(value, name) for name in names}
