"""The blocks of create_table and change_table."""

from __future__ import annotations

from collections.abc import Iterator

from rollback.errors import Computed
from rollback.migrations._calls import Call
from rollback.migrations._ruby import Source
from rollback.migrations.rails import columns
from rollback.verdicts import operations as to
from rollback.verdicts.operations import Operation


def in_block(source: Source, call: Call, table: str) -> Iterator[Operation]:
    """Yield what the statements of a table's block do."""
    if call.block is None:
        return
    owner = call.block.parameters[0] if call.block.parameters else ""
    for node in call.block.body:
        try:
            inner = source.call(node)
            if inner.owner != owner:
                raise inner.computed()
            yield from list(_operations(inner, table))
        except Computed as error:
            yield to.Opaque(error.what)


def _operations(call: Call, table: str) -> Iterator[Operation]:
    match call.name:
        case "column":
            yield from _column(call, table, call.word(0), call.word(1))
        case "references" | "belongs_to":
            for name in call.words(0):
                yield from columns.reference(call, table, name)
        case "timestamps":
            yield from columns.timestamps(call, table)
        case "index":
            yield columns.index(call, table, call.given(0))
        case "remove" | "remove_references" | "remove_belongs_to" | "remove_timestamps":
            yield from _removed(call, table)
        case "rename":
            yield to.RenameColumn(table, call.word(0), call.word(1))
        case "change":
            yield from columns.changed(call, table, call.word(0), call.word(1))
        case "change_default":
            yield columns.changed_default(call, table, call.word(0), 1)
        case "change_null":
            yield columns.changed_null(call, table, call.word(0), 1)
        case "remove_index":
            yield columns.removed_index(call, table, 0)
        case "rename_index":
            yield to.Harmless("renames an index")
        case "foreign_key":
            yield to.AddConstraint(table, "foreign key")
        case "check_constraint" | "exclusion_constraint" | "unique_constraint":
            yield to.AddConstraint(table, _KINDS[call.name], str(call.option("name", "")))
        case "remove_foreign_key" | "remove_check_constraint":
            kind = "foreign key" if call.name == "remove_foreign_key" else "check"
            yield to.DropConstraint(table, "", kind)
        case _ if call.name in columns.TYPES:
            for name in call.words(0):
                yield from _column(call, table, name, call.name)
        case _:
            raise call.computed()


def _column(call: Call, table: str, name: str, kind: str) -> Iterator[Operation]:
    yield to.AddColumn(table, columns.column(call, name, kind))
    yield from columns.own_index(call, table, name, call.options.get("index"))


_KINDS: dict[str, to.Constraint] = {
    "check_constraint": "check",
    "exclusion_constraint": "exclusion",
    "unique_constraint": "unique",
}


def _removed(call: Call, table: str) -> Iterator[Operation]:
    names = ["created_at", "updated_at"] if call.name == "remove_timestamps" else call.words(0)
    end = "_id" if call.name in ("remove_references", "remove_belongs_to") else ""
    yield from (to.DropColumn(table, f"{name}{end}") for name in names)


def new_table(source: Source, call: Call, table: str) -> Iterator[Operation]:
    """Yield the table with the columns of its block, and what else the block makes."""
    if call.option("temporary", False):
        yield to.Harmless("temporary table")
        return
    if call.options.get("force"):
        yield to.DropTable(table)
    parts = list(in_block(source, call, table))
    made = [part.column for part in parts if isinstance(part, to.AddColumn)]
    if call.options.get("id") is not False:
        made.insert(0, to.Column("id", "bigint", not_null=True, filled=True))
    yield to.CreateTable(table, tuple(made))
    yield from (part for part in parts if not isinstance(part, to.AddColumn))
