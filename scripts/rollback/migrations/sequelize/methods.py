"""What the methods of a queryInterface do."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from tree_sitter import Node

from rollback.errors import Computed
from rollback.migrations._calls import Call, Code, Function, text
from rollback.migrations._javascript import Source, flat
from rollback.migrations.sequelize.attributes import attribute
from rollback.verdicts import operations as to
from rollback.verdicts.operations import Constraint, Operation

_KINDS: dict[str, Constraint] = {
    "check": "check",
    "foreign key": "foreign key",
    "primary key": "primary key",
    "unique": "unique",
}
_WRITES = {"bulkDelete": "delete", "bulkInsert": "insert", "bulkUpdate": "update"}
_ABOUT_A_TABLE = ("createTable", "dropTable", "renameTable")


def operations(source: Source, up: Function) -> Iterator[Operation]:
    """Yield what the statements of up() do; what cannot be read is Opaque."""
    interface = up.parameters[0] if up.parameters else ""
    yield from _body(source, up.body, interface)


def _body(source: Source, body: list[Node], interface: str) -> Iterator[Operation]:
    for node in flat(body):
        try:
            yield from list(_statement(source, node, interface))
        except Computed as error:
            yield to.Opaque(error.what)


def _statement(source: Source, node: Node, interface: str) -> Iterator[Operation]:
    is_return = node.type == "return_statement" and not node.named_children
    if source.assign(node) or is_return or _is_about_transaction(text(node), interface):
        return
    call = source.call(node)
    if call.owner == f"{interface}.sequelize" and call.name in ("query", "transaction"):
        yield from _of_connection(source, call, interface)
    elif call.owner != interface:
        raise call.computed()
    elif call.name in _WRITES:
        yield to.Write(_WRITES[call.name], _table(call, 0))
    elif call.name in _ABOUT_A_TABLE:
        yield _about_table(call)
    else:
        yield from _about_column(call)


def _is_about_transaction(statement: str, interface: str) -> bool:
    """Whether it only begins or ends a transaction."""
    begins = rf"const \w+ = await {re.escape(interface)}\.sequelize\.transaction\(\);?"
    return bool(re.fullmatch(rf"{begins}|await \w+\.commit\(\);?", statement))


def _of_connection(source: Source, call: Call, interface: str) -> Iterator[Operation]:
    inside = call.given(0)
    if call.name == "transaction" and isinstance(inside, Function):
        yield from _body(source, inside.body, interface)
        return
    options = call.values[1] if len(call.values) > 1 else {}
    if call.name != "query" or not isinstance(options, dict):
        raise call.computed()
    if {"bind", "replacements"} & options.keys():
        raise call.computed()
    yield to.Sql(call.word(0), call.line)


def _about_table(call: Call) -> Operation:
    table = _table(call, 0)
    if call.name == "createTable":
        given = call.given(1)
        known = given if isinstance(given, dict) else {}
        columns = (attribute(call, name, value)[0] for name, value in known.items())
        return to.CreateTable(table, tuple(columns))
    if call.name == "dropTable":
        return to.DropTable(table)
    return to.RenameTable(table, _table(call, 1))


def _about_column(call: Call) -> Iterator[Operation]:
    table = _table(call, 0)
    match call.name:
        case "addColumn":
            column, _ = attribute(call, call.word(1), call.given(2))
            yield to.AddColumn(table, column)
        case "removeColumn":
            yield to.DropColumn(table, call.word(1))
        case "renameColumn":
            yield to.RenameColumn(table, call.word(1), call.word(2))
        case "changeColumn":
            yield from _changed(call, table)
        case "addIndex":
            yield _index(call, table)
        case "removeIndex":
            name = call.value(1)
            listed = name if isinstance(name, list) else []
            yield to.DropIndex(_index_name(table, listed) if listed else call.word(1), table)
        case "addConstraint":
            yield _constraint(call, table)
        case "removeConstraint":
            yield to.DropConstraint(table, call.word(1))
        case _:
            raise call.computed()


def _changed(call: Call, table: str) -> Iterator[Operation]:
    """Yield what changeColumn gives anew: without allowNull it drops NOT NULL, and the default."""
    column, given = attribute(call, call.word(1), call.given(2))
    yield to.SetType(table, column.name, column.type)
    yield (to.SetNotNull if column.not_null else to.DropNotNull)(table, column.name)
    if "defaultValue" in given or not column.filled:
        yield (to.SetDefault if column.filled else to.DropDefault)(table, column.name)
    if "unique" in column.restrictions:
        yield to.AddConstraint(table, "unique", columns=(column.name,))
    if "foreign key" in column.restrictions:
        yield to.AddConstraint(table, "foreign key", columns=(column.name,))


def _index(call: Call, table: str) -> to.CreateIndex:
    given = call.values[1] if len(call.values) > 1 else None
    options = given if isinstance(given, dict) else call.values[2] if len(call.values) > 2 else {}
    if not isinstance(options, dict):
        raise call.computed()
    listed = given if isinstance(given, list) else options.get("fields", [])
    columns = [item for item in listed if isinstance(item, str)] if listed else []
    unique = bool(call.known(options.get("unique", False))) or options.get("type") == "UNIQUE"
    name = call.known(options.get("name") or options.get("indexName"))
    complete = columns if len(columns) == len(listed or []) else []
    return to.CreateIndex(name or _index_name(table, columns), table, unique, tuple(complete))


def _index_name(table: str, columns: list[str]) -> str:
    """Return the name that Sequelize makes: "people_pet_name"."""
    return re.sub(r"([a-z\d])([A-Z])", r"\1_\2", "_".join([table, *columns])).lower()


def _constraint(call: Call, table: str) -> Operation:
    options = call.given(len(call.values) - 1)
    if not isinstance(options, dict):
        raise call.computed()
    kind = _KINDS.get(str(call.known(options.get("type"))).lower())
    if kind is None:
        raise call.computed()
    fields = options.get("fields", [])
    columns = [item for item in fields if isinstance(item, str)] if kind != "check" else []
    return to.AddConstraint(table, kind, str(call.known(options.get("name")) or ""), tuple(columns))


def _table(call: Call, place: int) -> str:
    """Return a table's name; it may stand beside its schema in an object."""
    value: Any = call.given(place)
    if isinstance(value, dict):
        schema, name = (call.known(value.get(key)) for key in ("schema", "tableName"))
        return f"{schema}.{name}" if schema and schema != "public" else str(name)
    if isinstance(value, Code) or not isinstance(value, str):
        raise call.computed()
    return value
