"""The names of a release's files in state/: plain, and still telling which files they are copies of.

Containers' labels lead to them after a rollback.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

from rollback.platforms.docker_compose import source as sources
from rollback.platforms.docker_compose.source import Source


_LONGEST = 200  # bytes; 255 is the limit of most file systems
_SHORT = "_files."  # never in a plain name: its _ stands before two digits


def names(side: str, source: Source, details: Mapping[str, Any]) -> list[str]:
    """The -f files of a side, as a script names them.

    One merged file. An old Compose can't merge without filling in values: its files are copied one by one, or stay
    where they are when they name others by relative paths.
    """
    if not is_old(details):
        return [
            f"state/{side}.{_short('__'.join(_plain(path, details) for path, _ in source.files))}"
        ]
    if sources.named_by(source.files):
        return [path for path, _ in source.files]
    return [f"state/{side}.{_plain(path, details)}" for path, _ in source.files]


def env_names(side: str, source: Source, details: Mapping[str, Any]) -> list[str]:
    """What --env-file is given: copies of what git has, so that a rollback does not depend on what lies here by then;
    the others stay where they are, for they may hold secrets.
    """
    copies = copied(side, source, details)
    given = [f"state/{copies[path]}" if path in copies else path for path, _ in source.env]
    return given if not is_old(details) or len(given) == 1 else []


def copied(side: str, source: Source, details: Mapping[str, Any]) -> dict[str, str]:
    """Env file -> the name of its copy in state/."""
    return {path: env_name(side, path, details) for path in source.in_git}


def originals(folder: Path, path: Path) -> list[Path] | None:
    """The files behind a path that a container's label names: [] for our pins, None when it is no copy of ours."""
    side, dot, name = path.name.partition(".")
    if (
        path.parent.name != "state"
        or not path.parent.parent.name.startswith(".rollback-checkpoint-")
        or not dot
    ):
        return None
    if side in ("to-pins", "now-pins") or name.startswith(_SHORT):
        return []
    if side not in ("to", "now", "to-env", "now-env"):
        return None
    return [folder / unquote(part.replace("_", "%")) for part in name.split("__")]


def _short(name: str) -> str:
    """A name that a file system takes; of too many files it tells only that."""
    return (
        name
        if len(name) <= _LONGEST
        else f"{_SHORT}{hashlib.sha256(name.encode()).hexdigest()[:12]}.yaml"
    )


def _plain(path: str, details: Mapping[str, Any]) -> str:
    """Letters, digits, dots, dashes and _XX only."""
    place = Path(path)
    folder = details["folder"]
    relative = str(place.relative_to(folder)) if place.is_relative_to(folder) else path
    return quote(relative, safe="").replace("_", "%5F").replace("~", "%7E").replace("%", "_")


def env_name(side: str, path: str, details: Mapping[str, Any]) -> str:
    return f"{side}-env.{_short(_plain(path, details))}"


def is_old(details: Mapping[str, Any]) -> bool:
    """Whether this Compose cannot merge files and leave their variables by name: v1, and v2 before 2.26."""
    numbers = re.match(r"(\d+)\.(\d+)", str(details["tool_version"]))
    return numbers is not None and (int(numbers[1]), int(numbers[2])) < (2, 26)
