"""What the calls of `op` in an upgrade() do."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator

from rollback.errors import Computed
from rollback.migrations._python import Call, Names, computed, resolved
from rollback.migrations.alembic.columns import (
    column,
    constraints,
    has_plain_index,
    type_name,
)
from rollback.verdicts import operations as to
from rollback.verdicts.operations import Constraint, Operation

_TABLE = "table_name"


def operations(node: ast.Call, names: Names, batch: str | None = None) -> Iterator[Operation]:
    """Yield what a call of `op` does; of a batch, `batch` is its table. Raises Computed."""
    name = node.func.attr if isinstance(node.func, ast.Attribute) else ""
    if name not in _READERS:
        raise computed(node)
    signature, read = _READERS[name]
    if batch is not None:
        signature = tuple(item for item in signature if item != _TABLE)
    call = Call(node, names, signature)
    if batch is not None:
        call.given[_TABLE] = ast.Constant(batch)
    yield from read(call)


def qualified(call: Call, name: str = _TABLE, schema: str = "schema") -> str:
    """Return the table's name behind its schema's."""
    place = call.value(schema)
    table = call.text(name)
    return f"{place}.{table}" if place and place != "public" else table


def _create_table(call: Call) -> Iterator[Operation]:
    table = qualified(call)
    items = [item for item in call.node.args[1:] if not isinstance(item, ast.Starred)]
    columns = []
    for item in items:
        node = resolved(item, call.names)
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("Column"):
            columns.append(column(node, call.names))
    yield to.CreateTable(table, tuple(columns), tuple(constraints(table, items, call.names)))


def _add_column(call: Call) -> Iterator[Operation]:
    table = qualified(call)
    added = column(call.given.get("column"), call.names)
    yield to.AddColumn(table, added)
    if has_plain_index(call.given.get("column"), call.names):
        yield to.CreateIndex("", table, unique=False, columns=(added.name,))


def _alter_column(call: Call) -> Iterator[Operation]:
    table, name = qualified(call), call.text("column_name")
    if call.is_open or "autoincrement" in call.given:
        raise computed(call.node)
    nullable = call.value("nullable")
    if nullable is not None:
        yield (to.DropNotNull if nullable else to.SetNotNull)(table, name)
    if "type_" in call.given:
        old = call.given.get("existing_type")
        before = type_name(old, call.names) if old is not None else ""
        yield to.SetType(table, name, type_name(call.given["type_"], call.names), before)
    yield from _altered_default(call, table, name)
    new = call.value("new_column_name")
    if new is not None and new != name:
        yield to.RenameColumn(table, name, str(new))


def _altered_default(call: Call, table: str, name: str) -> Iterator[Operation]:
    node = call.node_of("server_default")
    if node is None:
        return
    if not isinstance(node, ast.Constant):
        yield to.SetDefault(table, name)
    elif node.value is None:
        yield to.DropDefault(table, name)
    elif node.value is not False:
        yield to.SetDefault(table, name)


def _create_index(call: Call) -> Iterator[Operation]:
    unique = bool(call.value("unique", False))
    name = call.value("index_name") or ""
    distinct = not call.value("postgresql_nulls_not_distinct", False)
    yield to.CreateIndex(str(name), qualified(call), unique, _columns(call) if distinct else ())


def _columns(call: Call, name: str = "columns") -> tuple[str, ...]:
    """Return the names of columns; none where one of them is an expression."""
    try:
        value = call.value(name)
    except Computed:
        return ()
    names = value if isinstance(value, list) else [value]
    return tuple(names) if all(isinstance(item, str) for item in names) else ()


def _constraint(
    kind: Constraint, columns: str = "columns"
) -> Callable[[Call], Iterator[Operation]]:
    def read(call: Call) -> Iterator[Operation]:
        name = call.value("constraint_name") or ""
        schema = "source_schema" if kind == "foreign key" else "schema"
        table = qualified(call, schema=schema)
        yield to.AddConstraint(table, kind, str(name), _columns(call, columns))

    return read


def _drop_constraint(call: Call) -> Iterator[Operation]:
    kinds = {"foreignkey": "foreign key", "primary": "primary key"}
    kind = str(call.value("type_") or "")
    name = str(call.value("constraint_name") or "")
    yield to.DropConstraint(qualified(call), name, kinds.get(kind, kind))


def _execute(call: Call) -> Iterator[Operation]:
    node = call.node_of("sqltext")
    if isinstance(node, ast.Call) and (write := _write(node, call.names)):
        yield write
    else:
        yield to.Sql(call.text("sqltext"), call.line)


def _write(node: ast.expr, names: Names) -> Operation | None:
    """Return what orders.update().where(...).values(...) writes."""
    words = []
    while isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        words.append(node.func.attr)
        node = node.func.value
    table = resolved(node, names)
    verb = next((word for word in reversed(words) if word in ("update", "delete", "insert")), "")
    if verb and isinstance(table, ast.Call):
        return to.Write(verb, _table_name(table, names))
    return None


def _table_name(node: ast.Call, names: Names) -> str:
    call = Call(node, names, ("name",))
    if call.name not in ("table", "Table"):
        raise computed(node)
    return call.text("name")


def _bulk_insert(call: Call) -> Iterator[Operation]:
    table = call.node_of("table")
    if not isinstance(table, ast.Call):
        raise computed(call.node)
    yield to.Write("insert", _table_name(table, call.names))


def _harmless(call: Call) -> Iterator[Operation]:
    yield to.Harmless(call.name.replace("_", " "))


_Reader = Callable[[Call], Iterator[Operation]]
_KEY = ("constraint_name", _TABLE, "columns")
_READERS: dict[str, tuple[tuple[str, ...], _Reader]] = {
    "add_column": ((_TABLE, "column"), _add_column),
    "alter_column": ((_TABLE, "column_name"), _alter_column),
    "bulk_insert": (("table", "rows"), _bulk_insert),
    "create_check_constraint": (("constraint_name", _TABLE, "condition"), _constraint("check", "")),
    "create_exclude_constraint": (("constraint_name", _TABLE), _constraint("exclusion", "")),
    "create_foreign_key": (
        ("constraint_name", _TABLE, "referent_table", "local_cols", "remote_cols"),
        _constraint("foreign key", "local_cols"),
    ),
    "create_index": (("index_name", _TABLE, "columns"), _create_index),
    "create_primary_key": (_KEY, _constraint("primary key")),
    "create_table": ((_TABLE,), _create_table),
    "create_table_comment": ((_TABLE,), _harmless),
    "create_unique_constraint": (_KEY, _constraint("unique")),
    "drop_column": (
        (_TABLE, "column_name"),
        lambda call: iter([to.DropColumn(qualified(call), call.text("column_name"))]),
    ),
    "drop_constraint": (("constraint_name", _TABLE, "type_"), _drop_constraint),
    "drop_index": (
        ("index_name", _TABLE),
        lambda call: iter([to.DropIndex(call.text("index_name"), call.value(_TABLE) or "")]),
    ),
    "drop_table": ((_TABLE,), lambda call: iter([to.DropTable(qualified(call))])),
    "drop_table_comment": ((_TABLE,), _harmless),
    "execute": (("sqltext",), _execute),
    "f": ((), _harmless),
    "get_bind": ((), _harmless),
    "get_context": ((), _harmless),
    "rename_table": (
        ("old_table_name", "new_table_name"),
        lambda call: iter(
            [to.RenameTable(qualified(call, "old_table_name"), qualified(call, "new_table_name"))]
        ),
    ),
}
