"""The settings as JSON Schema, for editors: `PYTHONPATH=scripts python3 -m rollback.settings.schema > settings.schema.json`."""

from __future__ import annotations

import json
from typing import Any

import msgspec

from rollback.settings.model import GROUPS, EnvironmentSettings, Settings


def schema() -> dict[str, Any]:
    """Drawn from the types, with the groups that may stand in for flat keys."""
    made = msgspec.json.schema(Settings)
    environment = made["$defs"][EnvironmentSettings.__name__]
    own = environment["properties"]
    for group, keys in GROUPS.items():
        own[group] = {
            "type": "object",
            "properties": {key: own[key] for key in keys},
            "additionalProperties": False,
        }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": ".claude/deployment-rollback.yml",
        **made,
    }


if __name__ == "__main__":
    print(json.dumps(schema(), indent=2))
