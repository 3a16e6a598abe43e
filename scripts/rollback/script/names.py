"""Ids of guards, locks and steps, and the names of the bash functions that are made of them."""

from __future__ import annotations

import re
from collections.abc import Iterable

from rollback.errors import Blocked
from rollback.model import Plan


def function(prefix: str, id: str) -> str:
    """Return a function's name as runner.sh does: dots and dashes become underscores."""
    return f"{prefix}_{re.sub('[.-]', '_', id)}"


def refuse_odd(plan: Plan) -> None:
    """Check ids for a script: valid characters, no two with one function name.

    Raises Blocked (not-for-a-script).
    """
    for kind, ids in (
        ("move", [move.id for move in plan.moves]),
        ("guard", [guard.id for guard in plan.guards]),
        ("lock", [lock.id for lock in plan.locks]),
        ("step", [step.id for step in plan.steps]),
    ):
        _refuse_odd_ids(kind, ids)
    for component in plan.components:
        for step in component.steps:
            if not step.id.startswith(f"{component.id}."):
                raise _bug(f"step id {step.id!r} does not begin with its component, {component.id}")


def _refuse_odd_ids(kind: str, ids: Iterable[str]) -> None:
    seen: set[str] = set()
    for id in ids:
        if not re.fullmatch(r"[a-z0-9.-]+", id):
            raise _bug(f"{kind} id {id!r} is not made of a-z, 0-9, dots and dashes")
        if function(kind, id) in seen:
            raise _bug(f"{kind} id {id!r} is not unique in a script")
        seen.add(function(kind, id))


def _bug(message: str) -> Blocked:
    return Blocked("not-for-a-script", message, "report this as a bug")
