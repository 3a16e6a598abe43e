"""Combine the components of several adapters into one plan, with ids that cannot collide."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import chain, count

from msgspec.structs import replace

from rollback.errors import RollbackError, Usage
from rollback.flow.site import Source
from rollback.model import Component, Move

_ID = re.compile(r"[a-z0-9.-]+")


def with_ids(component: str, moves: Sequence[Move]) -> list[Move]:
    """Name the moves "<component>.<slug of the app>"; equal slugs are numbered."""
    named: dict[str, Move] = {}
    for move in moves:
        slug = _slug(move.target.app)
        numbered = (f"{slug}-{number}" for number in count(2))
        free = next(id for id in chain([slug], numbered) if id not in named)
        named[free] = replace(move, id=f"{component}.{free}")
    return list(named.values())


def empty(source: Source) -> Component:
    """Return a component without moves."""
    return Component(source.component, source.adapter, "app", source.stage)


def share(source: Source, moves: Sequence[Move]) -> Component:
    """Return one adapter's component: guards, locks and steps for its moves."""
    platform = source.platform
    return replace(
        empty(source),
        moves=tuple(moves),
        guards=tuple(platform.guards(moves)),
        locks=tuple(platform.locks(moves)),
        steps=tuple(platform.steps(moves)),
    )


def refuse_same(components: Sequence[Component]) -> None:
    """Two components that move the same thing would each report what the other did.

    Raises Usage (same-target).
    """
    seen: dict[tuple[str, str, str], str] = {}
    for component in components:
        for move in component.moves:
            target = move.target
            # one place may have several applications; infrastructure is one as a whole
            app = "" if component.part == "infrastructure" else target.app
            other = seen.setdefault((target.platform, target.where, app), component.id)
            if other != component.id:
                message = f"components {other} and {component.id} both roll back {target.where}"
                raise Usage("same-target", message, "correct one of them in the settings")


def refuse_inconsistent(components: Sequence[Component]) -> None:
    """Reject ids that are used twice or by another component. Raises RollbackError (bug)."""
    taken: set[str] = set()
    for component in components:
        moves = {move.id for move in component.moves}
        for id in _ids(component):
            if not _ID.fullmatch(id) or not id.startswith(f"{component.id}.") or id in taken:
                raise _bug(component, f"{id!r} is not an id of its own")
            taken.add(id)
        if stray := _references(component) - moves:
            raise _bug(component, f"it refers to {sorted(stray)[0]!r}, which is not its move")


def _ids(component: Component) -> list[str]:
    """Return the ids of its guards, locks and steps."""
    guards = [guard.id for guard in component.guards]
    locks = [lock.id for lock in component.locks]
    return [*guards, *locks, *(step.id for step in component.steps)]


def _references(component: Component) -> set[str]:
    lines = (line.move for guard in component.guards for line in guard.lines if line.move)
    return {*lines, *(move for step in component.steps for move in step.moves)}


def _bug(component: Component, problem: str) -> RollbackError:
    return RollbackError("bug", f"{component.adapter} ({component.id}): {problem}")


def _slug(app: str) -> str:
    plain: Iterable[str] = re.findall(r"[a-z0-9]+", app.lower())
    return "-".join(plain)[:40] or "app"
