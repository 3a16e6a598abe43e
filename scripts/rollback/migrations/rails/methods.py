"""What the methods of ActiveRecord's migrations do to the schema."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from tree_sitter import Node

from rollback.errors import Computed
from rollback.migrations._calls import Call
from rollback.migrations._ruby import Source
from rollback.migrations.rails import columns, tables
from rollback.verdicts import operations as to
from rollback.verdicts.operations import Constraint, Operation

BODIES = ("safety_assured", "say_with_time", "suppress_messages", "transaction", "up_only")
_HARMLESS = (
    "change_column_comment",
    "change_table_comment",
    "rename_index",
    "say",
    "validate_check_constraint",
    "validate_constraint",
    "validate_foreign_key",
)
_WRITES = {
    "delete_all": "delete",
    "insert_all": "insert",
    "insert_all!": "insert",
    "update_all": "update",
    "upsert_all": "insert",
}
_FILTERS = ("all", "in_batches", "not", "unscoped", "where", *_WRITES)


def operations(source: Source, body: list[Node]) -> Iterator[Operation]:
    """Yield what these statements do; what cannot be read is Opaque."""
    for node in body:
        try:
            yield from list(_statement(source, source.call(node)))
        except Computed as error:
            yield to.Opaque(error.what)


def _statement(source: Source, call: Call) -> Iterator[Operation]:
    if call.owner is not None:
        yield _write(call)
    elif call.name in BODIES and call.block is not None:
        yield from operations(source, call.block.body)
    elif call.name == "reversible" and call.block is not None:
        yield from _reversible(source, call)
    elif call.name in _HARMLESS:
        yield to.Harmless(call.name.replace("_", " "))
    elif call.name == "create_table":
        yield from tables.new_table(source, call, call.word(0))
    elif call.name == "change_table":
        yield from tables.in_block(source, call, call.word(0))
    elif reader := _READERS.get(call.name):
        yield from reader(call)
    else:
        raise call.computed()


def _write(call: Call) -> Operation:
    """Return what Order.where(...).update_all(...) writes: such calls run no code of a model."""
    chain = call.chain()
    root = chain[0].owner
    if (
        call.name in _WRITES
        and isinstance(root, str)
        and root[:1].isupper()
        and all(item.name in _FILTERS and item.block is None for item in chain)
    ):
        return to.Write(_WRITES[call.name], root)
    if call.name == "reset_column_information":
        return to.Harmless("reads columns again")
    raise call.computed()


def _reversible(source: Source, call: Call) -> Iterator[Operation]:
    for node in call.block.body if call.block else []:
        direction = source.call(node)
        if direction.name == "up" and direction.block is not None:
            yield from operations(source, direction.block.body)
        elif direction.name != "down":
            raise direction.computed()


def _add_column(call: Call) -> Iterator[Operation]:
    yield to.AddColumn(call.word(0), columns.column(call, call.word(1), call.word(2)))
    yield from columns.own_index(call, call.word(0), call.word(1), call.options.get("index"))


def _add_columns(call: Call) -> Iterator[Operation]:
    kind = str(call.option("type"))
    for name in call.words(1):
        yield to.AddColumn(call.word(0), columns.column(call, name, kind))


def _remove_columns(call: Call) -> Iterator[Operation]:
    for name in call.words(1):
        yield to.DropColumn(call.word(0), name)


def _add_reference(call: Call) -> Iterator[Operation]:
    yield from columns.reference(call, call.word(0), call.word(1))


def _remove_reference(call: Call) -> Iterator[Operation]:
    yield to.DropColumn(call.word(0), f"{call.word(1)}_id")


def _remove_timestamps(call: Call) -> Iterator[Operation]:
    for name in ("created_at", "updated_at"):
        yield to.DropColumn(call.word(0), name)


def _add_foreign_key(call: Call) -> Iterator[Operation]:
    column = call.option("column") or f"{call.word(1).removesuffix('s')}_id"
    name = str(call.option("name", ""))
    yield to.AddConstraint(call.word(0), "foreign key", name, (str(column),))


def _add_constraint(kind: Constraint) -> Callable[[Call], Iterator[Operation]]:
    def read(call: Call) -> Iterator[Operation]:
        over = columns.names(call, call.given(1)) if kind == "unique" else ()
        yield to.AddConstraint(call.word(0), kind, str(call.option("name", "")), over)

    return read


def _remove_constraint(kind: Constraint) -> Callable[[Call], Iterator[Operation]]:
    def read(call: Call) -> Iterator[Operation]:
        yield to.DropConstraint(call.word(0), str(call.option("name", "")), kind)

    return read


def _join_table(call: Call) -> str:
    return str(call.option("table_name") or "_".join(sorted((call.word(0), call.word(1)))))


def _extension(change: type[to.Create] | type[to.Drop]) -> Callable[[Call], Iterator[Operation]]:
    return lambda call: iter([change("extension", call.word(0))])


_READERS: dict[str, Callable[[Call], Iterator[Operation]]] = {
    "add_belongs_to": _add_reference,
    "add_check_constraint": _add_constraint("check"),
    "add_column": _add_column,
    "add_columns": _add_columns,
    "add_enum_value": lambda call: iter([to.AddLabel(call.word(0), call.word(1))]),
    "add_exclusion_constraint": _add_constraint("exclusion"),
    "add_foreign_key": _add_foreign_key,
    "add_index": lambda call: iter([columns.index(call, call.word(0), call.given(1))]),
    "add_reference": _add_reference,
    "add_timestamps": lambda call: columns.timestamps(call, call.word(0)),
    "add_unique_constraint": _add_constraint("unique"),
    "change_column": lambda call: columns.changed(call, call.word(0), call.word(1), call.word(2)),
    "change_column_default": lambda call: iter(
        [columns.changed_default(call, call.word(0), call.word(1), 2)]
    ),
    "change_column_null": lambda call: iter(
        [columns.changed_null(call, call.word(0), call.word(1), 2)]
    ),
    "create_enum": lambda call: iter([to.Create("type", call.word(0))]),
    "create_join_table": lambda call: iter([to.CreateTable(_join_table(call))]),
    "disable_extension": _extension(to.Drop),
    "drop_enum": lambda call: iter([to.Drop("type", call.word(0))]),
    "drop_join_table": lambda call: iter([to.DropTable(_join_table(call))]),
    "drop_table": lambda call: iter([to.DropTable(name) for name in call.words(0)]),
    "enable_extension": _extension(to.Create),
    "execute": lambda call: iter([to.Sql(call.word(0), call.line)]),
    "remove_belongs_to": _remove_reference,
    "remove_check_constraint": _remove_constraint("check"),
    "remove_column": lambda call: iter([to.DropColumn(call.word(0), call.word(1))]),
    "remove_columns": _remove_columns,
    "remove_exclusion_constraint": _remove_constraint("exclusion"),
    "remove_foreign_key": _remove_constraint("foreign key"),
    "remove_index": lambda call: iter([columns.removed_index(call, call.word(0), 1)]),
    "remove_reference": _remove_reference,
    "remove_timestamps": _remove_timestamps,
    "remove_unique_constraint": _remove_constraint("unique"),
    "rename_column": lambda call: iter([to.RenameColumn(call.word(0), call.word(1), call.word(2))]),
    "rename_table": lambda call: iter([to.RenameTable(call.word(0), call.word(1))]),
}
