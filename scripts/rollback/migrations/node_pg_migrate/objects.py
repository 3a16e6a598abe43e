"""Everything but tables: types, views, functions, triggers, rights."""

from __future__ import annotations

import re

from rollback.migrations._calls import Call
from rollback.migrations.node_pg_migrate.columns import quoted
from rollback.verdicts import operations as to
from rollback.verdicts.operations import Operation

_KINDS = {
    "Domain": "domain",
    "Extension": "extension",
    "Function": "function",
    "MaterializedView": "materialized view",
    "Schema": "schema",
    "Sequence": "sequence",
    "Type": "type",
    "View": "view",
}
_VERB = re.compile(r"(create|add|drop|rename)([A-Z]\w+)")
_HARMLESS = (
    "alterRole",
    "alterSequence",
    "createRole",
    "dropRole",
    "grantOnSchemas",
    "grantOnTables",
    "grantRoles",
    "noTransaction",
    "refreshMaterializedView",
    "renameIndex",
    "renameConstraint",
    "renamePolicy",
    "renameTrigger",
)
_REVOKES = ("revokeOnSchemas", "revokeOnTables", "revokeRoles")


def of_object(call: Call) -> Operation:
    if call.name in _HARMLESS:
        return to.Harmless(call.name)
    if call.name in _REVOKES:
        return to.Restrict("a revoked right")
    match call.name:
        case "addTypeValue":
            return to.AddLabel(_name(call, 0), str(call.word(1)))
        case "renameTypeValue":
            return to.Rename("label of", _name(call, 0), call.word(2))
        case "createTrigger":
            return to.Restrict(f"trigger {_name(call, 1)}", _name(call, 0))
        case "dropTrigger":
            return to.Unguard(f"trigger {_name(call, 1)}", _name(call, 0))
        case "createPolicy" | "alterPolicy":
            return to.Restrict(f"policy {_name(call, 1)}", _name(call, 0))
        case "dropPolicy":
            return to.Unguard(f"policy {_name(call, 1)}", _name(call, 0))
    return _of_a_kind(call)


def _of_a_kind(call: Call) -> Operation:
    """Return what createView, dropType, addExtension... do."""
    match = _VERB.fullmatch(call.name)
    kind = _KINDS.get(match[2]) if match else None
    if match is None or kind is None:
        raise call.computed()
    name = _name(call, 0)
    if match[1] == "drop":
        return to.Drop(kind, name)
    if match[1] in ("create", "add"):
        return _created(call, kind, name)
    return to.Rename(kind, name, _name(call, 1))


def _created(call: Call, kind: str, name: str) -> Operation:
    given = call.values[1:]
    if any(isinstance(it, dict) and call.known(it.get("replace")) for it in given):
        return to.Replace(kind, name)
    labels = given[0] if kind == "type" and given and isinstance(given[0], list) else []
    return to.Create(kind, name, tuple(str(call.known(label)) for label in labels))


def _name(call: Call, place: int) -> str:
    """Return a name as the parser has it: without quotes, and without the schema public."""
    given = call.given(place)
    name = quoted(call, given[0] if isinstance(given, list) and given else given)
    return name.replace('"', "").removeprefix("public.")
