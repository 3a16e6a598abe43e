"""The settings as JSON Schema, for editors.

`PYTHONPATH=scripts python3 -m rollback.settings.schema > settings.schema.json`
"""

from __future__ import annotations

import inspect
import json
import re
from typing import Any

import msgspec

from rollback.backups import Service, services
from rollback.notify import receivers
from rollback.settings import groups
from rollback.settings.model import (
    NOT_IN_THE_FILE,
    NOT_OF_A_BACKUP,
    BackupSettings,
    ComponentSettings,
    DatabaseSettings,
    EnvironmentSettings,
    NotifySettings,
    Settings,
)


def schema() -> dict[str, Any]:
    """Return the schema, drawn from the types and the adapters' declared keys."""
    drawn = msgspec.json.schema(Settings)
    known = {id: _group(id) for id in groups.all_keys()}
    named = {name: {"$ref": f"#/$defs/{id}"} for name, id in groups.names().items()}
    environment = drawn["$defs"][EnvironmentSettings.__name__]["properties"]
    del environment["groups"]
    environment |= _flat(list(known.values())) | named
    component = drawn["$defs"][ComponentSettings.__name__]["properties"]
    for key in NOT_IN_THE_FILE:
        del component[key]
    component |= named
    backup = drawn["$defs"][BackupSettings.__name__]["properties"]
    unset = drawn["$defs"][DatabaseSettings.__name__]["properties"]["backup"]["default"]
    for key in NOT_OF_A_BACKUP:
        del backup[key], unset[key]
    backup |= {id: _named(service) for id, service in services}
    drawn["$defs"][NotifySettings.__name__]["properties"]["kind"]["enum"] = receivers.ids
    drawn["$defs"] |= known
    document: dict[str, Any] = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": ".claude/deployment-rollback.yml",
        **_without_indents(drawn),
    }
    return document


def _named(service: Service) -> dict[str, Any]:
    """Return the key of a service that keeps backups."""
    pattern = re.sub(r"\?P<\w+>", "", service.NAME.pattern)
    return {"type": "string", "description": service.NAMED, "pattern": f"^{pattern}$"}


def _without_indents(value: Any) -> Any:
    """Return the schema with docstrings as they read; before 0.23 msgspec keeps their indents."""
    if isinstance(value, list):
        return [_without_indents(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        key: inspect.cleandoc(item)
        if key == "description" and isinstance(item, str)
        else _without_indents(item)
        for key, item in value.items()
    }


def _group(id: str) -> dict[str, Any]:
    """Return the keys of one platform, with types inlined."""
    keys = groups.all_keys()[id]
    _, defined = msgspec.json.schema_components((keys,))
    group: dict[str, Any] = defined[keys.__name__]
    return {**group, "title": id}


def _flat(known: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the keys directly under an environment, with each platform's type for them."""
    keys: dict[str, list[Any]] = {}
    for group in known:
        for key, value in group["properties"].items():
            kinds = keys.setdefault(key, [])
            if value not in kinds:
                kinds.append(value)
    return {key: kinds[0] if len(kinds) == 1 else {"anyOf": kinds} for key, kinds in keys.items()}


if __name__ == "__main__":
    print(json.dumps(schema(), indent=2))
