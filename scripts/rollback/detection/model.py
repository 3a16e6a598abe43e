"""What detection answers: the shapes, as JSON and as lines."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
from msgspec import Struct

from rollback.text import clean


class Found(Struct, frozen=True):
    """`adapter`: this version can roll it back."""

    platform: str
    path: str
    strength: int
    reasons: tuple[str, ...]
    adapter: bool


class Migration(Struct, frozen=True):
    """`dir`: the folder of the migration files."""

    tool: str
    dir: str
    reasons: tuple[str, ...]


class Unsupported(Struct, frozen=True):
    platform: str
    path: str
    reasons: tuple[str, ...]


class Detection(Struct, frozen=True):
    """Best first. `platforms` holds what a careful engineer would stand behind, `weak` the rest."""

    platforms: tuple[Found, ...] = ()
    migrations: tuple[Migration, ...] = ()
    unsupported: tuple[Unsupported, ...] = ()
    weak: tuple[Found, ...] = ()
    environments: tuple[str, ...] = ()
    supported: bool = False
    cached_seconds: int = 0


def document(detection: Detection) -> dict[str, Any]:
    """JSON's own types."""
    facts: dict[str, Any] = msgspec.to_builtins(detection)
    return facts


def lines(detection: Detection, next_command: str) -> Iterator[str]:
    """One line per fact; what is found again and again (a chart per service) is counted."""
    yield from _platform_lines(detection.platforms)
    for tool in dict.fromkeys(each.tool for each in detection.migrations):
        places = [each.dir for each in detection.migrations if each.tool == tool]
        yield f"migrations: {tool} in {_counted(places)}"
    for each in detection.unsupported:
        yield f"not supported: {each.platform} ({clean(each.path)}: {', '.join(each.reasons)})"
    if detection.environments:
        yield f"environments: {clean(', '.join(detection.environments), 300)}"
    if not detection.platforms:
        yield from (
            f"weak: {each.platform} ({clean(each.path)}: {', '.join(each.reasons)})"
            for each in detection.weak[:3]
        )
        yield "platform: none found; name it in .claude/deployment-rollback.yml: environments.<name>.platform"
    if detection.cached_seconds:
        yield f"as seen {detection.cached_seconds} s ago (--clear-cache looks again)"
    yield f"next: {next_command}"


def _platform_lines(platforms: tuple[Found, ...]) -> Iterator[str]:
    for name in dict.fromkeys(each.platform for each in platforms):
        mine = [each for each in platforms if each.platform == name]
        note = "" if mine[0].adapter else ", cannot be rolled back by this version"
        yield f"platform: {name} ({_counted([each.path for each in mine])}: {clean(', '.join(mine[0].reasons))}){note}"


def _counted(places: list[str]) -> str:
    more = f" and {len(places) - 2} more" if len(places) > 2 else ""
    return clean(", ".join(places[:2]), 160) + more
