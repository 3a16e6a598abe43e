"""The settings keys that each platform's adapter declares, and the group that holds them."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from msgspec import Struct

from rollback.platforms import platforms


@cache
def all_keys() -> dict[str, type[Struct]]:
    """Return platform id -> its SETTINGS, for every platform that declares keys."""
    modules = {id: platforms.settings(id) for id in platforms.ids}
    return {id: module.SETTINGS for id, module in modules.items() if hasattr(module, "SETTINGS")}


def suggested(id: str, project: Path, environment: str) -> dict[str, Any]:
    """Return the keys that an adapter can fill in from the project's files."""
    suggest = getattr(platforms.settings(id), "suggested", None)
    return suggest(project, environment) if suggest else {}


def lacking(id: str, project: Path, environment: str) -> list[str]:
    """Return the keys without which an adapter finds nothing, and which no file fills in."""
    needed = getattr(platforms.settings(id), "NEEDED", ())
    known = suggested(id, project, environment) if needed else {}
    return [key for key in needed if key not in known]


@cache
def names() -> dict[str, str]:
    """Return group name -> platform id; a group has the platform's name or the ALIAS."""
    aliases = {id: getattr(platforms.settings(id), "ALIAS", id) for id in all_keys()}
    return {alias: id for id, alias in aliases.items()} | {id: id for id in aliases}


def with_keys(keys: set[str]) -> dict[str, type[Struct]]:
    """Return the platforms that know all of these keys."""
    return {id: known for id, known in all_keys().items() if keys <= {*known.__struct_fields__}}
