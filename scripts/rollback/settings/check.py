"""From plain data to Settings: each problem is told with its path."""

from __future__ import annotations

import re
from typing import Any, get_args

import msgspec

from rollback.errors import Usage
from rollback.settings.model import GROUPS, EnvironmentSettings, HealthCheck, Level, Settings
from rollback.text import clean

RESERVED = ("previous", "history", "status", "restore")
_NAME = re.compile(r"[^\W_][\w .+/@-]{0,62}")
_KINDS = {
    "str": "a string",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "array": "a list",
    "object": "a mapping",
}


def check(data: Any, name: str) -> Settings:
    """Raises Usage (settings-invalid) for the first problem."""
    top = _mapping({} if data is None else data, (), name)
    _known(top, Settings.__struct_fields__, (), name)
    default = top.get("default_environment")
    if default is not None and not isinstance(default, str):
        raise _wrong(name, ("default_environment",), "should be a string")
    raw = _mapping(top.get("environments") or {}, ("environments",), name)
    settings = Settings(
        default, {key: _environment(key, value, name) for key, value in raw.items()}
    )
    _agree(settings, name)
    return settings


def _environment(key: Any, value: Any, name: str) -> EnvironmentSettings:
    path = ("environments", str(key))
    if not isinstance(key, str) or not _NAME.fullmatch(key) or key in RESERVED:
        raise _wrong(
            name,
            path,
            "is no name for an environment",
            "a quoted word of letters, digits, - and _, other than " + ", ".join(RESERVED),
        )
    merged = _ungroup(_mapping({} if value is None else value, path, name), path, name)
    _known(merged, EnvironmentSettings.__struct_fields__, path, name)
    for index, endpoint in enumerate(
        merged["health"] if isinstance(merged.get("health"), list) else ()
    ):
        if isinstance(endpoint, dict):
            _known(endpoint, HealthCheck.__struct_fields__, (*path, "health", str(index)), name)
    try:
        return msgspec.convert(merged, EnvironmentSettings)
    except msgspec.ValidationError as error:
        raise _told(error, path, name) from None


def _ungroup(value: dict[str, Any], path: tuple[str, ...], name: str) -> dict[str, Any]:
    """Merge `compose: {...}` and its like into the environment; one group alone also says which platform is meant."""
    flat = {key: entry for key, entry in value.items() if key not in GROUPS}
    groups = [key for key in value if key in GROUPS]
    for group in groups:
        inner = _mapping({} if value[group] is None else value[group], (*path, group), name)
        _known(inner, GROUPS[group], (*path, group), name)
        for key in inner:
            if key in flat:
                raise _wrong(
                    name, (*path, group, key), f"is given twice: also as {'/'.join((*path, key))}"
                )
        flat |= inner
    if len(groups) == 1:
        flat.setdefault(
            "platform",
            groups[0].replace("docker-compose", "compose").replace("compose", "docker-compose"),
        )
    return flat


def _agree(settings: Settings, name: str) -> None:
    """What must hold between keys: names lead to one environment only, and the default is one of them."""
    seen = dict.fromkeys(settings.environments, "an environment")
    for key, environment in settings.environments.items():
        for index, alias in enumerate(environment.aliases):
            path = ("environments", key, "aliases", str(index))
            if alias in RESERVED or not _NAME.fullmatch(alias):
                raise _wrong(name, path, f"{clean(alias)} is no name for an environment")
            if alias in seen:
                raise _wrong(name, path, f"{clean(alias)} is already {seen[alias]}")
            seen[alias] = f"an alias of {key}"
        if environment.workloads and environment.selector:
            raise _wrong(
                name, ("environments", key, "selector"), "and workloads exclude each other"
            )
    if (
        settings.default_environment is not None
        and settings.default_environment not in settings.environments
    ):
        raise _wrong(
            name,
            ("default_environment",),
            "names no environment of this file",
            f"one of: {', '.join(settings.environments) or '(none)'}",
        )


def _mapping(value: Any, path: tuple[str, ...], name: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _wrong(name, path, "should be a mapping")
    return value


def _known(value: dict[str, Any], keys: tuple[str, ...], path: tuple[str, ...], name: str) -> None:
    for key in value:
        if key not in keys:
            raise _wrong(
                name, (*path, str(key)), "is not a known key", f"known here: {', '.join(keys)}"
            )


def _told(error: msgspec.ValidationError, path: tuple[str, ...], name: str) -> Usage:
    """msgspec's "Expected `str`, got `int` - at `$.health[0].url`" the way people write it; the value is not repeated."""
    problem, _, where = str(error).partition(" - at `$")
    inner = [part for part in re.split(r"[.\[\]`]+", where) if part]
    if missing := re.fullmatch(r"Object missing required field `(\w+)`", problem):
        return _wrong(name, (*path, *inner, missing[1]), "is missing")
    return _wrong(name, (*path, *inner), _should(problem))


def _should(problem: str) -> str:
    if problem.startswith("Invalid enum value"):
        return f"should be one of {', '.join(get_args(Level))}"
    if "matching regex" in problem:
        return "should be an address: http:// or https://, without credentials"
    kind, limit = re.findall(r"^Expected `(\w+)[^`]*`(?:, got.*)?(.*)$", problem)[0]
    return f"should be {_KINDS[kind]}{limit}" + (
        " (put it in quotes)" if kind == "str" and not limit else ""
    )


def _wrong(
    name: str,
    path: tuple[str, ...],
    problem: str,
    fix: str = "correct it; settings.example.yml shows every key",
) -> Usage:
    return Usage(
        "settings-invalid",
        f"{clean(name)}: {clean('/'.join(path) or 'the file', 200)}: {problem}",
        fix,
    )
