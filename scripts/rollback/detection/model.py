"""What detection answers: the shapes, as JSON and as lines."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
from msgspec import Struct

from rollback.text import clean

_MOST_UNREAD = 3


class Found(Struct, frozen=True):
    """`adapter`: this version can roll it back. `against`: what says that another one deploys.

    `aside`: it lies in a folder that is named like tests, examples or documents.
    """

    platform: str
    path: str
    strength: int
    reasons: tuple[str, ...]
    adapter: bool
    against: tuple[str, ...] = ()
    aside: bool = False


class Migration(Struct, frozen=True):
    """`dir`: the folder of the migration files."""

    tool: str
    dir: str
    reasons: tuple[str, ...]


class Unsupported(Struct, frozen=True):
    platform: str
    path: str
    reasons: tuple[str, ...]
    strength: int


class Unread(Struct, frozen=True):
    """What may deploy the project, but could not be looked into."""

    path: str
    reason: str


class Detection(Struct, frozen=True):
    """Best first. `platforms` holds what a careful engineer would stand behind, `weak` the rest."""

    platforms: tuple[Found, ...] = ()
    migrations: tuple[Migration, ...] = ()
    unsupported: tuple[Unsupported, ...] = ()
    weak: tuple[Found, ...] = ()
    environments: tuple[str, ...] = ()
    supported: bool = False
    unread: tuple[Unread, ...] = ()
    cached_seconds: int = 0


def document(detection: Detection) -> dict[str, Any]:
    """Return the detection as JSON types."""
    facts: dict[str, Any] = msgspec.to_builtins(detection)
    return facts


def lines(detection: Detection, next_step: str, why: str = "") -> Iterator[str]:
    """Yield one fact per line; repeated ones (a chart per service) are counted.

    `why` is what keeps the history from being read yet.
    """
    yield from _platform_lines(detection.platforms)
    for tool in dict.fromkeys(row.tool for row in detection.migrations):
        paths = [row.dir for row in detection.migrations if row.tool == tool]
        yield f"migrations: {tool} in {_counted(paths)}"
    for row in detection.unsupported:
        yield f"not supported: {row.platform} ({clean(row.path)}: {', '.join(row.reasons)})"
    if detection.environments:
        yield f"environments: {clean(', '.join(detection.environments), 300)}"
    for unread in detection.unread[:_MOST_UNREAD]:
        yield f"not read: {clean(unread.path)} ({unread.reason})"
    if (more := len(detection.unread) - _MOST_UNREAD) > 0:
        yield f"not read: {more} more"
    if not detection.platforms:
        yield from (
            f"weak: {row.platform} ({clean(row.path)}: {', '.join(row.reasons)})"
            for row in detection.weak[:3]
        )
        yield (
            "platform: none found; name it in .claude/deployment-rollback.yml: "
            "environments.<name>.platform"
        )
    if detection.cached_seconds:
        yield f"as seen {detection.cached_seconds} s ago (--clear-cache reads again)"
    if why:
        yield f"not yet: {clean(why, 300)}"
    yield f"next: {next_step}"


def _platform_lines(platforms: tuple[Found, ...]) -> Iterator[str]:
    for name in dict.fromkeys(row.platform for row in platforms):
        rows = [row for row in platforms if row.platform == name]
        note = "" if rows[0].adapter else ": recognised, not supported"
        paths, reasons = _counted([row.path for row in rows]), ", ".join(rows[0].reasons)
        yield f"platform: {name} ({paths}: {clean(reasons)}){note}"


def _counted(paths: list[str]) -> str:
    more = f" and {len(paths) - 2} more" if len(paths) > 2 else ""
    return clean(", ".join(paths[:2]), 160) + more
