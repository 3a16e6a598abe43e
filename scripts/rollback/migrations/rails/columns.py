"""Columns, indexes and constraints as ActiveRecord's migrations write them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rollback.migrations._calls import Call, Code
from rollback.verdicts import operations as to
from rollback.verdicts.operations import Column, Operation

TYPES = {
    "bigint": "bigint",
    "bigserial": "bigint",
    "binary": "bytea",
    "blob": "bytea",
    "boolean": "boolean",
    "cidr": "cidr",
    "citext": "citext",
    "date": "date",
    "datetime": "timestamp",
    "decimal": "numeric",
    "enum": "",
    "float": "double precision",
    "hstore": "hstore",
    "inet": "inet",
    "int4range": "int4range",
    "integer": "integer",
    "interval": "interval",
    "json": "json",
    "jsonb": "jsonb",
    "numeric": "numeric",
    "primary_key": "bigint",
    "serial": "integer",
    "string": "varchar",
    "text": "text",
    "time": "time",
    "timestamp": "timestamp",
    "timestamptz": "timestamp with time zone",
    "tsvector": "tsvector",
    "uuid": "uuid",
    "virtual": "",
    "xml": "xml",
}
_NUMBERED = ("primary_key", "serial", "bigserial")
_WHOLE = {1: "smallint", 2: "smallint", 3: "integer", 4: "integer"}


def column(call: Call, name: str, kind: str) -> Column:
    """Return a column with the options of this call."""
    return Column(
        name,
        type_name(call, kind),
        not_null=call.option("null") is False or kind in _NUMBERED,
        filled=call.has_default() or kind in (*_NUMBERED, "virtual"),
    )


def type_name(call: Call, kind: str) -> str:
    """Return "varchar(20)"; a type that is not known stays as it is written."""
    limit = call.option("limit")
    name = TYPES.get(kind, kind)
    if kind == "integer" and limit:
        name = _WHOLE.get(limit, "bigint")
    elif kind in ("string", "varchar") and limit:
        name = f"varchar({limit})"
    elif kind in ("decimal", "numeric") and call.option("precision"):
        name = f"numeric({call.option('precision')},{call.option('scale') or 0})"
    return f"{name}[]" if name and call.option("array") else name


def reference(call: Call, table: str, name: str) -> Iterator[Operation]:
    """Yield what add_reference adds: a column, an index, maybe a type and a foreign key."""
    kind = str(call.option("type", "bigint"))
    foreign, index = call.options.get("foreign_key"), call.options.get("index", True)
    added = column(call, f"{name}_id", kind)
    yield to.AddColumn(table, added)
    if call.option("polymorphic", False):
        yield to.AddColumn(table, Column(f"{name}_type", "varchar", not_null=added.not_null))
    yield from own_index(call, table, added.name, index)
    if foreign:
        yield to.AddConstraint(table, "foreign key", columns=(added.name,))


def own_index(call: Call, table: str, name: str, given: Any) -> Iterator[to.CreateIndex]:
    """Yield the index that a column's option `index` asks for."""
    if given:
        options = given if isinstance(given, Mapping) else {}
        unique = bool(call.known(options.get("unique", False)))
        index = str(call.known(options.get("name", "")) or index_name(table, (name,)))
        yield to.CreateIndex(index, table, unique, (name,))


def timestamps(call: Call, table: str) -> Iterator[Operation]:
    not_null = call.option("null", False) is False
    for name in ("created_at", "updated_at"):
        filled = call.has_default()
        yield to.AddColumn(table, Column(name, "timestamp", not_null=not_null, filled=filled))


def index(call: Call, table: str, given: Any) -> to.CreateIndex:
    """Return the index over `given`: a name, names, or an expression."""
    columns = names(call, given)
    unique = bool(call.option("unique", False))
    distinct = not call.option("nulls_not_distinct", False)
    expressions = any(not name.isidentifier() for name in columns)
    name = str(call.option("name", "")) or index_name(table, columns)
    return to.CreateIndex(name, table, unique, () if expressions or not distinct else columns)


def names(call: Call, given: Any) -> tuple[str, ...]:
    value = call.known(given)
    listed = value if isinstance(value, list) else [value]
    if not listed or not all(isinstance(item, str) for item in listed):
        raise call.computed()
    return tuple(listed)


def index_name(table: str, columns: tuple[str, ...]) -> str:
    return f"index_{table}_on_{'_and_'.join(columns)}"


def removed_index(call: Call, table: str, place: int) -> to.DropIndex:
    """Return the index that remove_index names, by its name or by its columns."""
    if name := call.option("name", ""):
        return to.DropIndex(str(name), table)
    given = call.options.get("column", call.values[place] if place < len(call.values) else None)
    return to.DropIndex(index_name(table, names(call, given)), table)


def changed_default(call: Call, table: str, name: str, place: int) -> Operation:
    if not call.options and place >= len(call.values):
        raise call.computed()
    value = call.options["to"] if "to" in call.options else call.values[place:] or [None]
    new = value[0] if isinstance(value, list) and "to" not in call.options else value
    is_nil = new is None and not isinstance(new, Code)
    return to.DropDefault(table, name) if is_nil else to.SetDefault(table, name)


def changed_null(call: Call, table: str, name: str, place: int) -> Operation:
    value = call.value(place)
    if not isinstance(value, bool):
        raise call.computed()
    return to.DropNotNull(table, name) if value else to.SetNotNull(table, name)


def changed(call: Call, table: str, name: str, kind: str) -> Iterator[Operation]:
    """Yield what change_column changes: the type, and what its options name."""
    yield to.SetType(table, name, type_name(call, kind))
    if "default" in call.options:
        given = call.has_default()
        yield (to.SetDefault if given else to.DropDefault)(table, name)
    if "null" in call.options:
        nullable = bool(call.option("null"))
        yield (to.DropNotNull if nullable else to.SetNotNull)(table, name)
