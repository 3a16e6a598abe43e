"""The shape of plain data: mappings with known keys, and values of the declared types."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, TypeVar, get_args

import msgspec

from rollback.errors import Usage
from rollback.settings.location import Location
from rollback.settings.model import (
    BackupSettings,
    DatabaseSettings,
    HealthCheck,
    InfrastructureSettings,
    Level,
    LogCheck,
    NotifySettings,
    NOT_OF_A_BACKUP,
)

Type = TypeVar("Type")
_KINDS = {
    "str": "a string",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "array": "a list",
    "object": "a mapping",
}


def mapping(value: Any, at: Location) -> dict[str, Any]:
    """Return `value`. Raises Usage when it is not a mapping."""
    if not isinstance(value, dict):
        raise at.wrong("should be a mapping")
    return value


def mapping_or_empty(value: Any, at: Location) -> dict[str, Any]:
    """Return a mapping; a key without a value is an empty one."""
    return mapping({} if value is None else value, at)


def only(value: dict[str, Any], keys: Iterable[str], at: Location) -> None:
    """Check keys. Raises Usage for the first one that is not in `keys`."""
    known = list(keys)
    for key in value:
        if key not in known:
            raise at.at(key).wrong("is not a known key", f"known here: {', '.join(known)}")


def health_keys(value: dict[str, Any], at: Location) -> None:
    """Check a health check's keys. Raises Usage for the first unknown one."""
    checks = value.get("health")
    for index, check in enumerate(checks if isinstance(checks, list) else ()):
        if isinstance(check, dict):
            place = at.at("health", index)
            only(check, HealthCheck.__struct_fields__, place)
            if isinstance(logs := check.get("logs"), dict):
                only(logs, LogCheck.__struct_fields__, place.at("logs"))


def notify_keys(value: dict[str, Any], at: Location) -> None:
    """Check the receivers' keys and kinds. Raises Usage for the first unknown one."""
    given = value.get("notify")
    for index, row in enumerate(given if isinstance(given, list) else ()):
        if not isinstance(row, dict):
            continue
        place = at.at("notify", index)
        only(row, NotifySettings.__struct_fields__, place)
        _kind(row.get("kind"), place.at("kind"))


def infrastructure_keys(value: dict[str, Any], at: Location) -> None:
    """Check the keys of infrastructure and its tool. Raises Usage for the first unknown one."""
    given, place = value.get("infrastructure"), at.at("infrastructure")
    if not isinstance(given, dict):
        return
    only(given, InfrastructureSettings.__struct_fields__, place)
    if isinstance(tool := given.get("tool"), str):
        from rollback import infrastructure

        if tool not in (known := infrastructure.tools()):
            raise place.at("tool").wrong(f"should be one of {', '.join(known)}")


def _kind(value: Any, at: Location) -> None:
    from rollback.notify import receivers

    if isinstance(value, str) and value not in receivers.ids:
        raise at.wrong(f"should be one of {', '.join(receivers.ids)}")


def database_keys(value: dict[str, Any], at: Location) -> dict[str, Any]:
    """Return `value` with the keys of databases and their backups checked.

    Raises Usage for the first unknown one.
    """
    given = value.get("database")
    if isinstance(given, list):
        places = [at.at("database", index) for index in range(len(given))]
        return {**value, "database": list(map(_database, given, places))}
    return {**value, "database": _database(given, at.at("database"))} if given else value


def _database(value: Any, at: Location) -> Any:
    if not isinstance(value, dict):
        return value
    only(value, DatabaseSettings.__struct_fields__, at)
    backup = value.get("backup")
    if not isinstance(backup, dict):
        return value
    return {**value, "backup": _backup(backup, at.at("backup"))}


def _backup(value: dict[str, Any], at: Location) -> dict[str, Any]:
    """Return the keys of a backup; the key of a service becomes `service` and `name`."""
    from rollback.backups import services  # only a file with backups needs them

    own = [key for key in BackupSettings.__struct_fields__ if key not in NOT_OF_A_BACKUP]
    only(value, [*own, *services.ids], at)
    named = [key for key in value if key in services.ids]
    if len(named) > 1:
        raise at.wrong(f"has both {named[0]} and {named[1]}: only one of them tells the age")
    kept = {key: value[key] for key in value if key not in named}
    for key in named:
        if not isinstance(value[key], str) or not services[key].NAME.fullmatch(value[key]):
            raise at.at(key).wrong(f"should be {services[key].NAMED}")
        kept |= {"service": key, "name": value[key]}
    return kept


def converted(value: dict[str, Any], type: type[Type], at: Location) -> Type:
    """Convert `value` to this Struct. Raises Usage for the first wrong type, without its value."""
    try:
        return msgspec.convert(value, type)
    except msgspec.ValidationError as error:
        raise _wrong(error, at) from None


def _wrong(error: msgspec.ValidationError, at: Location) -> Usage:
    """Rewrite msgspec's "Expected `str`, got `int` - at `$.health[0].url`" for people."""
    problem, _, path = str(error).partition(" - at `$")
    inner = [part for part in re.split(r"[.\[\]`]+", path) if part]
    if missing := re.fullmatch(r"Object missing required field `(\w+)`", problem):
        return at.at(*inner, missing[1]).wrong("is missing")
    return at.at(*inner).wrong(_should(problem))


def _should(problem: str) -> str:
    if problem.startswith("Invalid enum value"):
        return f"should be one of {', '.join(get_args(Level))}"
    if "matching regex" in problem and "A-Za-z_" in problem:
        return "should be the name of an environment variable, never its value"
    if "matching regex" in problem and "smhd" in problem:
        return "should be a length of time, as in 90m, 24h or 7d"
    if "matching regex" in problem and "https" in problem:
        return "should be an address: http:// or https://, without credentials"
    if pattern := re.search(r"matching regex '(.*)'", problem):
        return f"should match {pattern[1]}"
    expected = re.match(r"^Expected `(\w+)[^`]*`(?:, got.*)?(.*)$", problem)
    if expected is None:  # an adapter's own rule between keys
        return problem
    kind, limit = expected.groups()
    advice = " (put it in quotes)" if kind == "str" and not limit else ""
    return f"should be {_KINDS[kind]}{limit}{advice}"
