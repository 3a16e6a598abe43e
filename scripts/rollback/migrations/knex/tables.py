"""The callbacks of createTable and alterTable: chains of calls on a table."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rollback.errors import Computed
from rollback.migrations._calls import Call, Function
from rollback.migrations._javascript import Source
from rollback.verdicts import operations as to
from rollback.verdicts.operations import Column, Operation

_TYPES = {
    "bigIncrements": "bigint",
    "bigInteger": "bigint",
    "bigint": "bigint",
    "binary": "bytea",
    "boolean": "boolean",
    "date": "date",
    "dateTime": "timestamp with time zone",
    "datetime": "timestamp with time zone",
    "decimal": "numeric",
    "double": "double precision",
    "enu": "text",
    "enum": "text",
    "float": "real",
    "increments": "integer",
    "int": "integer",
    "integer": "integer",
    "json": "json",
    "jsonb": "jsonb",
    "mediumint": "integer",
    "smallint": "smallint",
    "specificType": "",
    "string": "varchar",
    "text": "text",
    "time": "time",
    "timestamp": "timestamp with time zone",
    "tinyint": "smallint",
    "uuid": "uuid",
}
_HARMLESS = ("charset", "collate", "comment", "dropChecks", "engine", "inherits")
_OF_A_COLUMN = (
    "after",
    "alter",
    "collate",
    "comment",
    "defaultTo",
    "first",
    "inTable",
    "index",
    "notNullable",
    "notNull",
    "nullable",
    "onDelete",
    "onUpdate",
    "primary",
    "references",
    "unique",
    "unsigned",
    "deferrable",
    "withKeyName",
    "checkBetween",
    "checkIn",
    "checkLength",
    "checkNegative",
    "checkNotIn",
    "checkPositive",
    "checkRegex",
)


def in_callback(source: Source, function: Any, table: str) -> Iterator[Operation]:
    """Yield what each statement of a callback does to its table."""
    if not isinstance(function, Function) or not function.parameters:
        yield to.Opaque(f"the columns of {table} are made elsewhere")
        return
    for node in function.body:
        try:
            if source.assign(node):
                continue
            call = source.call(node)
            chain = call.chain()
            if chain[0].owner != function.parameters[0]:
                raise call.computed()
            yield from list(_statement(table, chain))
        except Computed as error:
            yield to.Opaque(error.what)


def _statement(table: str, chain: list[Call]) -> Iterator[Operation]:
    first, last = chain[0], chain[-1]
    if first.name == "timestamps":
        yield from _timestamps(table, first)
    elif first.name in _TYPES:
        if any(call.name not in _OF_A_COLUMN for call in chain[1:]):
            raise last.computed()
        yield from _column(table, chain)
    elif first.name in ("dropColumn", "dropColumns"):
        yield from (to.DropColumn(table, name) for name in first.words(0))
    elif first.name == "dropTimestamps":
        yield from (to.DropColumn(table, name) for name in ("created_at", "updated_at"))
    elif first.name in _HARMLESS:
        yield to.Harmless(first.name)
    else:
        yield _change(table, first)


def _column(table: str, chain: list[Call]) -> Iterator[Operation]:
    first, words = chain[0], {call.name: call for call in chain[1:]}
    counts = first.name.lower().endswith("increments")
    name = first.word(0) if first.values or not counts else "id"
    default = words.get("defaultTo")
    filled = counts or (default is not None and default.values[:1] != [None])
    not_null = bool({"notNullable", "notNull", "primary"} & words.keys()) or counts
    column = Column(name, _type(first), not_null=not_null, filled=filled)
    if "alter" in words:
        yield from _altered(table, column, words["alter"])
    else:
        yield to.AddColumn(table, column)
    if "unique" in words:
        key = f"{table}_{name}_unique"
        yield to.AddConstraint(table, "unique", key, (name,))
    if "references" in words:
        yield to.AddConstraint(table, "foreign key", f"{table}_{name}_foreign", (name,))
    if "index" in words:
        yield to.CreateIndex(f"{table}_{name}_index", table, unique=False, columns=(name,))


def _altered(table: str, column: Column, alter: Call) -> Iterator[Operation]:
    """Yield what alter() gives anew: what the chain leaves out is gone."""
    options = alter.value(0, {})
    if not isinstance(options, dict):
        raise alter.computed()
    if options.get("alterType") is not False:
        yield to.SetType(table, column.name, column.type)
    if options.get("alterNullable") is not False:
        yield (to.SetNotNull if column.not_null else to.DropNotNull)(table, column.name)
    yield (to.SetDefault if column.filled else to.DropDefault)(table, column.name)


def _type(call: Call) -> str:
    name = _TYPES[call.name]
    if call.name == "specificType":
        return call.word(1).lower()
    if name == "varchar":
        return f"varchar({call.value(1, 255)})"
    if name == "numeric":
        precision, scale = call.value(1, 8), call.value(2, 2)
        return "numeric" if precision is None else f"numeric({precision},{scale})"
    return name


def _timestamps(table: str, call: Call) -> Iterator[Operation]:
    given = call.value(0, False)
    default = given.get("defaultToNow") if isinstance(given, dict) else call.value(1, False)
    for name in ("created_at", "updated_at"):
        kind, filled = "timestamp with time zone", bool(default)
        yield to.AddColumn(table, Column(name, kind, not_null=filled, filled=filled))


def _change(table: str, call: Call) -> Operation:
    """Return what a statement that adds no column does."""
    columns = tuple(_listed(call)) if call.values else ()
    match call.name:
        case "renameColumn":
            return to.RenameColumn(table, call.word(0), call.word(1))
        case "setNullable":
            return to.DropNotNull(table, call.word(0))
        case "dropNullable":
            return to.SetNotNull(table, call.word(0))
        case "unique":
            return to.AddConstraint(table, "unique", _name(table, call, "unique"), columns)
        case "primary":
            return to.AddConstraint(table, "primary key", "", columns)
        case "foreign":
            return to.AddConstraint(table, "foreign key", _name(table, call, "foreign"), columns)
        case "check":
            return to.AddConstraint(table, "check")
        case "index":
            return to.CreateIndex(_name(table, call, "index"), table, unique=False, columns=columns)
        case "dropIndex":
            return to.DropIndex(_name(table, call, "index"), table)
        case "dropForeign":
            return to.DropConstraint(table, _name(table, call, "foreign"), "foreign key")
        case "dropUnique":
            return to.DropConstraint(table, _name(table, call, "unique"), "unique")
        case "dropPrimary":
            return to.DropConstraint(table, "", "primary key")
    raise call.computed()


def _listed(call: Call) -> list[str]:
    value = call.value(0)
    listed = value if isinstance(value, list) else [value]
    return [str(item) for item in listed]


def _name(table: str, call: Call, end: str) -> str:
    """Return the name of an index or constraint: the second value, or as Knex makes it."""
    given = call.value(1)
    name = given.get("indexName") if isinstance(given, dict) else given
    return str(name) if name else f"{table}_{'_'.join(_listed(call))}_{end}".lower()
