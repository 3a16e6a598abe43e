"""From plain data to Settings; each mistake is an error with its path."""

from __future__ import annotations

import re
from typing import Any

from msgspec.structs import replace

from rollback.settings import components, platform_keys, shape
from rollback.settings.location import Location, listed, quoted
from rollback.settings.model import ENVIRONMENT_KEYS, EnvironmentSettings, Settings

RESERVED = ("previous", "history", "status", "restore")
_NAME = re.compile(r"[^\W_][\w .+/@-]{0,62}")


def check(data: Any, name: str) -> Settings:
    """Check the settings of file `name`. Raises Usage (settings-invalid) for the first problem."""
    file = Location(name)
    top = shape.mapping_or_empty(data, file)
    shape.only(top, Settings.__struct_fields__, file)
    default = top.get("default_environment")
    if default is not None and not isinstance(default, str):
        raise file.at("default_environment").wrong("should be a string")
    at = file.at("environments")
    raw = shape.mapping(top.get("environments") or {}, at)
    environments = {key: _environment(key, value, at.at(key)) for key, value in raw.items()}
    _check_aliases(environments, at)
    if default is not None and default not in environments:
        raise file.at("default_environment").wrong(
            "is not an environment of this file", f"one of: {listed(environments)}"
        )
    return Settings(default, environments)


def _environment(key: Any, value: Any, at: Location) -> EnvironmentSettings:
    if not isinstance(key, str) or not _is_name(key):
        raise at.wrong(
            f"{quoted(key)} is not a valid environment name",
            f"use letters, digits, - and _, in quotes, and none of {', '.join(RESERVED)}",
        )
    given = shape.mapping_or_empty(value, at)
    common = {name: given[name] for name in given if name in ENVIRONMENT_KEYS}
    parts = common.pop("components", None)
    shape.health_keys(common, at)
    common = shape.database_keys(common, at)
    shape.infrastructure_keys(common, at)
    shape.notify_keys(common, at)
    settings = shape.converted(common, EnvironmentSettings, at)
    if parts not in (None, []):
        platform_keys.refuse(given, at)
        named = components.check(parts, at.at("components"))
        if settings.infrastructure:
            components.refuse_own_infrastructure(named, at.at("components"))
        return replace(settings, components=named)
    platform = platform_keys.platform(settings.platform)
    groups = platform_keys.groups(given, platform, at)
    only = next(iter(groups)) if len(groups) == 1 else None
    return replace(settings, platform=platform or only, groups=groups)


def _is_name(word: str) -> bool:
    return word not in RESERVED and _NAME.fullmatch(word) is not None


def _check_aliases(environments: dict[str, EnvironmentSettings], at: Location) -> None:
    """Reject an alias that leads to two environments."""
    taken = dict.fromkeys(environments, "an environment")
    for key, environment in environments.items():
        for index, alias in enumerate(environment.aliases):
            alias_at = at.at(key, "aliases", index)
            if not _is_name(alias):
                raise alias_at.wrong(f"{quoted(alias)} is not a valid environment name")
            if alias in taken:
                raise alias_at.wrong(f"{quoted(alias)} is already {taken[alias]}")
            taken[alias] = f"an alias of {quoted(key)}"
