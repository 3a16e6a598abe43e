"""What the calls on knex and knex.schema do."""

from __future__ import annotations

from collections.abc import Iterator

from tree_sitter import Node

from rollback.errors import Computed
from rollback.migrations._calls import Call, Function
from rollback.migrations._javascript import Source, flat
from rollback.migrations.knex.tables import in_callback
from rollback.verdicts import operations as to
from rollback.verdicts.operations import Operation

_WRITES = {
    "batchInsert": "insert",
    "del": "delete",
    "delete": "delete",
    "insert": "insert",
    "truncate": "truncate",
    "update": "update",
}
_PLACES = ("batchInsert", "from", "into", "table")
_FILTERS = ("andWhere", "orWhere", "returning", "where", "whereIn", "whereNot", "whereNull")


def operations(source: Source, up: Function) -> Iterator[Operation]:
    """Yield what the statements of up() do; what cannot be read is Opaque."""
    knex = up.parameters[0] if up.parameters else ""
    for node in flat(up.body):
        try:
            yield from list(_statement(source, node, knex))
        except Computed as error:
            yield to.Opaque(error.what)


def _statement(source: Source, node: Node, knex: str) -> Iterator[Operation]:
    if source.assign(node) or (node.type == "return_statement" and not node.named_children):
        return
    chain = source.call(node).chain()
    first = chain[0]
    if first.owner == f"{knex}.schema":
        yield from _schema(source, chain)
    elif (first.owner, first.name) == (knex, "raw") and len(chain) == 1:
        yield _raw(first)
    elif first.owner == knex or (first.owner is None and first.name == knex):
        yield _write(chain)
    else:
        raise first.computed()


def _raw(call: Call) -> to.Sql:
    if len(call.values) > 1:  # bindings
        raise call.computed()
    return to.Sql(call.word(0), call.line)


def _write(chain: list[Call]) -> Operation:
    """Return what knex("orders").where(...).update(...) writes."""
    places = [call for call in chain if call.name in _PLACES or call.owner is None]
    verbs = [_WRITES[call.name] for call in chain if call.name in _WRITES]
    known = (call.name in (*_WRITES, *_FILTERS, *_PLACES) for call in chain if call.owner)
    if len(verbs) != 1 or not places or not all(known):
        raise chain[-1].computed()
    return to.Write(verbs[0], places[0].word(0))


def _schema(source: Source, chain: list[Call]) -> Iterator[Operation]:
    place = ""
    for call in chain:
        if call.name == "withSchema":
            place = "" if call.word(0) == "public" else f"{call.word(0)}."
        else:
            yield from _change(source, call, place)


def _change(source: Source, call: Call, place: str) -> Iterator[Operation]:
    table = f"{place}{call.value(0)}"
    match call.name:
        case "createTable" | "createTableIfNotExists":
            yield from _new_table(source, call, table)
        case "createTableLike":
            yield to.CreateTable(table)
        case "alterTable" | "table":
            yield from in_callback(source, call.given(1), table)
        case "dropTable" | "dropTableIfExists":
            yield to.DropTable(table)
        case "renameTable":
            yield to.RenameTable(table, f"{place}{call.word(1)}")
        case "raw":
            yield _raw(call)
        case "createView" | "createMaterializedView":
            yield to.Create("view", table)
        case "dropView" | "dropViewIfExists" | "dropMaterializedView":
            yield to.Drop("view", table)
        case "createSchema" | "createSchemaIfNotExists":
            yield to.Create("schema", table)
        case "dropSchema" | "dropSchemaIfExists":
            yield to.Drop("schema", table)
        case "refreshMaterializedView":
            yield to.Harmless("refreshes a view")
        case _:
            raise call.computed()


def _new_table(source: Source, call: Call, table: str) -> Iterator[Operation]:
    parts = list(in_callback(source, call.given(1), table))
    columns = tuple(part.column for part in parts if isinstance(part, to.AddColumn))
    yield to.CreateTable(table, columns)
    yield from (part for part in parts if not isinstance(part, to.AddColumn))
