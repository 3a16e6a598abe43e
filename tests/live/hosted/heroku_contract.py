"""The shape of Heroku's answers, as its published schema has it: what the loopback server must keep to.

`HEROKU_SCHEMA` names that schema (schema.json of github.com/heroku/platform-api); then this table is compared with it.
"""

from __future__ import annotations

import re
from typing import Any

UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
NAME = re.compile(r"[a-z][a-z0-9-]{1,28}[a-z0-9]")

# field -> what it may be. A ? may be null; a|b are all the words there are; {...} holds further fields.
APP_REFERENCE = {"id": "uuid", "name": "name"}
USER = {"id": "uuid", "email": "string"}
NAMED = {"id": "uuid", "name": "string"}
SHAPES: dict[str, dict[str, Any]] = {
    "release": {
        "addon_plan_names": "array",
        "artifacts": "array",
        "app": APP_REFERENCE,
        "created_at": "time",
        "current": "boolean",
        "description": "string",
        "eligible_for_rollback": "boolean",
        "id": "uuid",
        "output_stream_url": "string?",
        "slug": {"?": True, "id": "uuid"},
        "status": "expired|failed|pending|succeeded",
        "updated_at": "time",
        "user": USER,
        "version": "integer",
    },
    "slug": {
        "blob": {"method": "string", "url": "string"},
        "buildpack_provided_description": "string?",
        "checksum": "string?",
        "commit": "string?",
        "commit_description": "string?",
        "created_at": "time",
        "deleted_at": "time?",
        "id": "uuid",
        "process_types": "object",
        "size": "integer?",
        "stack": NAMED,
        "updated_at": "time",
    },
    "app": {
        "acm": "boolean",
        "archived_at": "time?",
        "buildpack_provided_description": "string?",
        "build_stack": NAMED,
        "created_at": "time",
        "generation": NAMED,
        "git_url": "string",
        "id": "uuid",
        "internal_routing": "boolean?",
        "maintenance": "boolean",
        "name": "name",
        "organization": {"?": True, "id": "uuid", "name": "string"},
        "owner": USER,
        "region": NAMED,
        "released_at": "time?",
        "repo_size": "integer?",
        "slug_size": "integer?",
        "space": {"?": True, "id": "uuid", "name": "string", "shield": "boolean"},
        "stack": NAMED,
        "team": {"?": True, "id": "uuid", "name": "string"},
        "updated_at": "time",
        "web_url": "string?",
    },
    "dyno": {
        "app": APP_REFERENCE,
        "attach_url": "string?",
        "command": "string",
        "created_at": "time",
        "id": "uuid",
        "name": "string",
        "release": {"id": "uuid", "version": "integer"},
        "size": "string",
        "state": "string",
        "type": "string",
        "updated_at": "time",
    },
    "formation": {
        "app": APP_REFERENCE,
        "command": "string",
        "created_at": "time",
        "dyno_size": NAMED,
        "id": "uuid",
        "quantity": "integer",
        "size": "string",
        "type": "string",
        "updated_at": "time",
    },
    "add-on": {
        "actions": "array",
        "addon_service": NAMED,
        "app": APP_REFERENCE,
        "billed_price": {"?": True, "cents": "integer", "contract": "boolean", "unit": "string"},
        "billing_entity": {"id": "uuid", "name": "string", "type": "app|team"},
        "config_vars": "array",
        "created_at": "time",
        "id": "uuid",
        "name": "string",
        "plan": NAMED,
        "provider_id": "string",
        "provision_message": "string",
        "state": "deprovisioned|provisioned|provisioning",
        "updated_at": "time",
        "web_url": "string?",
    },
    "add-on-attachment": {
        "addon": {"app": APP_REFERENCE, "id": "uuid", "name": "string"},
        "app": APP_REFERENCE,
        "created_at": "time",
        "id": "uuid",
        "log_input_url": "string?",
        "name": "string",
        "namespace": "string?",
        "updated_at": "time",
        "web_url": "string?",
    },
    "pipeline-coupling": {
        "app": {"id": "uuid"},
        "created_at": "time",
        "id": "uuid",
        "pipeline": {"id": "uuid"},
        "stage": "development|production|review|staging|test",
        "updated_at": "time",
    },
    "build": {
        "app": {"id": "uuid"},
        "buildpacks": "array?",
        "created_at": "time",
        "generation": "string",
        "id": "uuid",
        "output_stream_url": "string",
        "release": {"?": True, "id": "uuid"},
        "slug": {"?": True, "id": "uuid"},
        "source_blob": {
            "checksum": "string?",
            "url": "string",
            "version": "string?",
            "version_description": "string?",
        },
        "stack": "string",
        "status": "failed|pending|succeeded",
        "updated_at": "time",
        "user": USER,
    },
}
_KINDS = {
    "string": str,
    "integer": int,
    "boolean": bool,
    "array": list,
    "object": dict,
}
_PATTERNS = {"uuid": UUID, "time": TIME, "name": NAME}


def violations(shape: str, value: Any) -> list[str]:
    """What of an answer is not as published: fields that are missing, too many, or of another kind."""
    if isinstance(value, list):
        return [problem for row in value for problem in violations(shape, row)]
    return list(_of_fields(shape, SHAPES[shape], value))


def _of_fields(at: str, fields: dict[str, Any], value: Any) -> list[str]:
    if value is None and fields.get("?"):
        return []
    if not isinstance(value, dict):
        return [f"{at}: {value!r} is no object"]
    wanted = fields.keys() - {"?"}
    found = [f"{at}.{name}: not in the schema" for name in value.keys() - wanted]
    found += [f"{at}.{name}: missing" for name in wanted - value.keys()]
    for name in wanted & value.keys():
        kind, where = fields[name], f"{at}.{name}"
        if isinstance(kind, dict):
            found += _of_fields(where, kind, value[name])
        elif not _is(kind, value[name]):
            found.append(f"{where}: {value[name]!r} is not {kind}")
    return found


def _is(kind: str, value: Any) -> bool:
    if kind.endswith("?"):
        return value is None or _is(kind[:-1], value)
    if "|" in kind:
        return value in kind.split("|")
    if kind in _PATTERNS:
        return isinstance(value, str) and bool(_PATTERNS[kind].fullmatch(value))
    return isinstance(value, _KINDS[kind]) and (kind == "boolean" or not isinstance(value, bool))


def published(schema: Any, shape: str) -> dict[str, Any]:
    """The same table of the vendor's own file."""
    return _published_fields(schema, schema["definitions"][shape])


def _published_fields(schema: Any, node: Any) -> dict[str, Any]:
    fields = {
        name: _published(schema, _followed(schema, field))
        for name, field in node["properties"].items()
    }
    return fields | ({"?": True} if "null" in node.get("type", ()) else {})


def _published(schema: Any, node: Any) -> Any:
    kinds = [kind for kind in node["type"] if kind != "null"]
    nullable = "?" if "null" in node["type"] else ""
    if "enum" in node:
        return "|".join(sorted(node["enum"])) + nullable
    if kinds == ["object"] and "properties" in node:
        return _published_fields(schema, node)
    if "pattern" in node and NAME.pattern in node["pattern"]:
        return "name" + nullable
    kind = {"uuid": "uuid", "date-time": "time"}.get(node.get("format", ""), kinds[0])
    return kind + nullable


def _followed(schema: Any, node: Any) -> Any:
    while "$ref" in node:
        path, node = node["$ref"].removeprefix("#/").split("/"), schema
        for part in path:
            node = node[part]
    return node
