"""The list `components`: parts of one environment, and their order in a rollback."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from msgspec.structs import replace

from rollback.model import component_ids
from rollback.settings import groups, shape
from rollback.settings.location import Location, listed, quoted
from rollback.settings.model import COMPONENT_KEYS, ComponentSettings

_INFRASTRUCTURE = ("name", "after", "infrastructure")  # keys of such a component
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")


def check(data: Any, at: Location) -> tuple[ComponentSettings, ...]:
    """Check the components. Raises Usage (settings-invalid) for the first problem."""
    if not isinstance(data, list):
        raise at.wrong("should be a list")
    components = tuple(_component(value, at.at(index)) for index, value in enumerate(data))
    _check_names(components, at)
    _check_infrastructure(components, at)
    _check_after(components, at)
    return components


def stages(components: Sequence[ComponentSettings]) -> dict[str, int]:
    """Name -> stage, from 0: one more than the latest of those it comes after.

    Without any `after` the list is the order, and each component is a stage of its own.
    """
    if not any(component.after for component in components):
        return {component.name: stage for stage, component in enumerate(components)}
    staged: dict[str, int] = {}
    while ready := [
        component
        for component in components
        if component.name not in staged and {*component.after} <= {*staged}
    ]:
        staged |= {
            component.name: max((staged[name] + 1 for name in component.after), default=0)
            for component in ready
        }
    return staged


def refuse_own_infrastructure(components: Sequence[ComponentSettings], at: Location) -> None:
    """Reject the name that a plan gives to `infrastructure` beside them. Raises Usage."""
    for index, component in enumerate(components):
        if component.name == component_ids.INFRASTRUCTURE:
            raise at.at(index, "name").wrong(
                f"{quoted(component.name)} is what a plan calls the environment's infrastructure",
                "give it another name",
            )


def _component(value: Any, at: Location) -> ComponentSettings:
    given = shape.mapping(value, at)
    shape.only(given, (*COMPONENT_KEYS, *groups.names()), at)
    common = {key: given[key] for key in given if key in COMPONENT_KEYS}
    shape.health_keys(common, at)
    common = shape.database_keys(common, at)
    shape.infrastructure_keys(common, at)
    component = shape.converted(common, ComponentSettings, at)
    if not _NAME.fullmatch(component.name):
        raise at.at("name").wrong(
            f"{quoted(component.name)} is not a valid component name",
            "use at most 40 of a-z, 0-9 and -, beginning with a letter or digit",
        )
    if component.infrastructure:
        shape.only(given, _INFRASTRUCTURE, at)
        return component
    key = _only_group(given, at)
    id = groups.names()[key]
    keys = groups.all_keys()[id]
    inner = shape.mapping_or_empty(given[key], at.at(key))
    shape.only(inner, keys.__struct_fields__, at.at(key))
    return replace(component, platform=id, group=shape.converted(inner, keys, at.at(key)))


def _only_group(keys: dict[str, Any], at: Location) -> str:
    named = [key for key in keys if key in groups.names()]
    if not named:
        known = listed([*groups.names(), "infrastructure"])
        raise at.wrong("names no platform", f"add one of the groups {known}")
    if len(named) > 1:
        raise at.wrong(
            f"names several platforms: {listed(named)}", "make each a separate component"
        )
    return named[0]


def _check_names(components: Sequence[ComponentSettings], at: Location) -> None:
    seen: set[str] = set()
    for index, component in enumerate(components):
        if component.name in seen:
            raise at.at(index, "name").wrong(
                f"{quoted(component.name)} is already a component", "give each its own name"
            )
        seen.add(component.name)
        others = [row.name for row in components if row is not component and row.platform]
        if taken := component_ids.taken(component.name, others):
            raise at.at(index, "name").wrong(
                f"{quoted(component.name)} is what a plan calls {taken}", "give it another name"
            )


def _check_infrastructure(components: Sequence[ComponentSettings], at: Location) -> None:
    """Infrastructure follows the release of an application: before all of them, or after them."""
    every = {component.name for component in components if component.infrastructure}
    if components and len(every) == len(components):
        raise at.wrong("has no application, whose release infrastructure could follow")
    first = {name for component in components for name in component.after if name in every}
    for index, component in enumerate(components):
        if not component.infrastructure or not component.after:
            continue
        if component.name in first:
            raise at.at(index, "after").wrong(
                f"{quoted(component.name)} goes back first, because another comes after it",
                "remove its own `after`, or its name from the `after` of the other",
            )
        for position, name in enumerate(component.after):
            if name in every:
                raise at.at(index, "after", position).wrong(
                    f"{quoted(name)} is infrastructure, too",
                    "name the applications whose release this infrastructure follows",
                )


def _check_after(components: Sequence[ComponentSettings], at: Location) -> None:
    names = [component.name for component in components]
    for index, component in enumerate(components):
        for position, name in enumerate(component.after):
            if name not in names:
                raise at.at(index, "after", position).wrong(
                    f"{quoted(name)} is not a component of this environment",
                    f"one of: {listed(names)}",
                )
    if circle := _circle(components):
        raise at.at(names.index(circle[0]), "after").wrong(
            f"is circular: {' after '.join(map(quoted, circle))}", "remove one `after`"
        )


def _circle(components: Sequence[ComponentSettings]) -> list[str]:
    """Return the names of a cycle, ending with its first one; empty without a cycle."""
    staged = stages(components)
    waiting = {
        component.name: component.after for component in components if component.name not in staged
    }
    path: list[str] = []
    name = next(iter(waiting), None)
    while name is not None and name not in path:
        path.append(name)
        name = next(before for before in waiting[name] if before in waiting)
    return [*path[path.index(name) :], name] if name else []
