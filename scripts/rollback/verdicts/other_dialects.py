"""Read MySQL and SQLite statements with sqlglot; what it does not know is Opaque."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from typing import Any

import sqlglot
from sqlglot import exp

from rollback.verdicts import operations as to
from rollback.verdicts import sqlglot_commands, sqlglot_inserts
from rollback.verdicts.operations import Column, Constraint, Operation

_RESTRICTIONS: dict[type[exp.Expression], Constraint] = {
    exp.CheckColumnConstraint: "check",
    exp.ForeignKey: "foreign key",
    exp.PrimaryKey: "primary key",
    exp.PrimaryKeyColumnConstraint: "primary key",
    exp.Reference: "foreign key",
    exp.UniqueColumnConstraint: "unique",
}
_FILLED = (
    exp.DefaultColumnConstraint,
    exp.AutoIncrementColumnConstraint,
    exp.ComputedColumnConstraint,
    exp.GeneratedAsIdentityColumnConstraint,
)
_HARMLESS = (
    exp.Semicolon,
    exp.Transaction,
    exp.Commit,
    exp.Set,
    exp.Pragma,
    exp.Use,
    exp.Analyze,
    exp.Grant,
)
_WRITES: dict[type[exp.Expression], str] = {
    exp.Delete: "delete",
    exp.Update: "update",
}


def operations(sql: str, dialect: str) -> list[Operation]:
    """Return what these statements of "mysql" or "sqlite" do, in order."""
    logging.getLogger("sqlglot").setLevel(logging.ERROR)  # it warns of each Command
    try:
        statements = sqlglot.parse(sql, read=dialect)
    except (sqlglot.errors.ParseError, sqlglot.errors.TokenError) as error:
        return [to.Opaque(f"a statement that does not parse ({str(error).splitlines()[0][:80]})")]
    return [operation for node in statements if node is not None for operation in _read(node)]


def _read(node: Any) -> Iterator[Operation]:
    if isinstance(node, _HARMLESS):
        yield to.Harmless(node.key)
    elif word := _WRITES.get(type(node)):
        columns = tuple(item.this.name for item in node.expressions) if word == "update" else ()
        yield to.Write(word, node.this.name, columns)
    elif isinstance(node, exp.TruncateTable):
        yield from (to.Write("truncate", table.name) for table in node.expressions)
    elif reader := _READERS.get(type(node)):
        yield from reader(node)
    elif isinstance(node, exp.Command) and (known := sqlglot_commands.operations(node.sql())):
        yield from known
    else:
        yield to.Opaque(" ".join(node.sql().split())[:60])


def _create(node: Any) -> Iterator[Operation]:
    kind = node.args["kind"].lower()
    if kind == "index":
        table = node.this.args["table"].name
        unique, partial = bool(node.args.get("unique")), node.find(exp.Where) is not None
        yield to.CreateIndex(node.this.name, table, unique, _columns(node.this), partial)
    elif kind == "table":
        yield from _create_table(node)
    else:
        name = node.find(exp.Table).name
        # unlike PostgreSQL, these let a replacement lose a column
        new = f"definition of {kind}"
        yield to.Replace(new, name) if node.args.get("replace") else to.Create(kind, name)


def _create_table(node: Any) -> Iterator[Operation]:
    if node.find(exp.TemporaryProperty):
        yield to.Harmless("temporary table")
        return
    table = node.find(exp.Table).name
    elements = node.this.expressions if isinstance(node.this, exp.Schema) else []
    columns = [_column(element) for element in elements if isinstance(element, exp.ColumnDef)]
    parts = [
        part
        for item in elements
        if not isinstance(item, exp.ColumnDef)
        for part in _parts(table, item)
    ]
    constraints = tuple(part for part in parts if isinstance(part, to.AddConstraint))
    yield to.CreateTable(table, tuple(columns), constraints)
    yield from (part for part in parts if isinstance(part, to.CreateIndex))
    for column in columns:
        if "unique" in column.restrictions:
            yield to.CreateIndex(column.name, table, unique=True)  # MySQL's name for it


def _drop(node: Any) -> Iterator[Operation]:
    kind = node.args["kind"].lower()
    for target in node.args["tables"]:
        if kind == "table":
            yield to.DropTable(target.name)
        elif kind == "index":
            table = node.args["cluster"].this.name if node.args.get("cluster") else ""
            yield to.DropIndex(target.name, table)
        elif kind == "trigger":
            yield to.Unguard(f"trigger {target.name}")
        else:
            yield to.Drop(kind, target.name)


def _alter(node: Any) -> Iterator[Operation]:
    table = node.this.name
    if node.args["kind"] != "TABLE":
        yield to.Opaque(" ".join(node.sql().split())[:60])
        return
    for action in node.args.get("actions") or ():
        reader = _ACTIONS.get(type(action))
        if reader:
            yield from reader(table, action)
        else:
            yield to.Opaque(f"ALTER TABLE {table} {' '.join(action.sql().split())[:40]}")


def _rename_table(table: str, action: Any) -> Iterator[Operation]:
    yield to.RenameTable(table, action.this.name)


def _rename_column(table: str, action: Any) -> Iterator[Operation]:
    yield to.RenameColumn(table, action.this.name, action.args["to"].name)


def _rename_index(table: str, action: Any) -> Iterator[Operation]:
    yield to.Harmless(f"renames an index of {table}")


def _add_column(table: str, action: Any) -> Iterator[Operation]:
    yield to.AddColumn(table, _column(action))


def _modify_column(table: str, action: Any) -> Iterator[Operation]:
    """MODIFY and CHANGE give the whole definition anew: what they leave out is gone."""
    column = _column(action.this)
    renamed = action.args.get("rename_from")
    if renamed and renamed.name != column.name:
        yield to.RenameColumn(table, renamed.name, column.name)
    yield to.SetType(table, column.name, column.type)
    yield (to.SetNotNull if column.not_null else to.DropNotNull)(table, column.name)
    yield (to.SetDefault if column.filled else to.DropDefault)(table, column.name)
    kinds = [item.kind for item in action.this.args.get("constraints") or ()]
    for kind in (_RESTRICTIONS[type(kind)] for kind in kinds if type(kind) in _RESTRICTIONS):
        if kind == "unique":
            yield to.CreateIndex(column.name, table, unique=True, columns=(column.name,))
        else:
            yield to.AddConstraint(table, kind, columns=(column.name,))


def _alter_column(table: str, action: Any) -> Iterator[Operation]:
    name = action.this.name
    if action.args.get("default") is not None:
        yield to.SetDefault(table, name)
    elif action.args.get("drop"):
        yield to.DropDefault(table, name)
    else:
        yield to.Opaque(f"ALTER TABLE {table} {' '.join(action.sql().split())[:40]}")


def _drop_part(table: str, action: Any) -> Iterator[Operation]:
    kind = action.args["kind"].lower()
    for target in action.args["tables"]:
        if kind == "column":
            yield to.DropColumn(table, target.name)
        elif kind in ("index", "key"):
            yield to.DropIndex(target.name, table)
        else:
            yield to.DropConstraint(table, target.name, "" if kind == "constraint" else kind)


def _drop_primary_key(table: str, action: Any) -> Iterator[Operation]:
    yield to.DropConstraint(table, "", "primary key")


def _add_constraint(table: str, action: Any) -> Iterator[Operation]:
    for item in action.expressions:
        yield from _parts(table, item)


def _parts(table: str, item: Any) -> Iterator[Operation]:
    """Yield the index or constraint that an item of CREATE or ALTER TABLE is."""
    if isinstance(item, exp.IndexColumnConstraint):
        yield to.CreateIndex(item.name, table, unique=False)
        return
    parts = [item, *item.find_all(*_RESTRICTIONS)]
    kinds = [_RESTRICTIONS[type(part)] for part in parts if type(part) in _RESTRICTIONS]
    if not kinds:
        yield to.Opaque(f"ALTER TABLE {table} {' '.join(item.sql().split())[:40]}")
    elif kinds[0] == "unique":
        yield to.CreateIndex(_key_name(item), table, unique=True, columns=_columns(item))
    else:
        yield to.AddConstraint(table, kinds[0], item.name, _columns(item))


def _columns(item: Any) -> tuple[str, ...]:
    """Return the columns of a key or index; none where it is about a part of one."""
    parameters = item.args.get("params") if isinstance(item, exp.Index) else None
    keys = parameters.args.get("columns") or () if parameters else ()
    if item.find(exp.ColumnPrefix) or any(key.find(exp.Func, exp.Paren) for key in keys):
        return ()
    key = item.find(exp.ForeignKey, exp.PrimaryKey)
    if key:
        return tuple(column.name for column in key.expressions)
    return tuple(column.name for column in item.find_all(exp.Column))


def _key_name(item: Any) -> str:
    """Return the name of a unique key; MySQL names it after its first column by default."""
    key = item.find(exp.UniqueColumnConstraint) or item
    own = item.name if isinstance(item, exp.Constraint) else key.this.name
    column = key.find(exp.Column)
    return str(own or (column.name if column else ""))


_Reader = Callable[[Any], Iterator[Operation]]
_READERS: dict[type[exp.Expression], _Reader] = {
    exp.Alter: _alter,
    exp.Create: _create,
    exp.Drop: _drop,
    exp.Insert: lambda node: iter([sqlglot_inserts.operation(node)]),
    exp.Revoke: lambda node: iter([to.Restrict("a revoked right")]),
}
_ACTIONS: dict[type[exp.Expression], Callable[[str, Any], Iterator[Operation]]] = {
    exp.AddConstraint: _add_constraint,
    exp.AlterColumn: _alter_column,
    exp.AlterRename: _rename_table,
    exp.ColumnDef: _add_column,
    exp.Drop: _drop_part,
    exp.DropPrimaryKey: _drop_primary_key,
    exp.ModifyColumn: _modify_column,
    exp.RenameColumn: _rename_column,
    exp.RenameIndex: _rename_index,
}


def _column(node: Any) -> Column:
    kinds = [item.kind for item in node.args.get("constraints") or ()]
    not_null = any(
        isinstance(kind, exp.NotNullColumnConstraint) and not kind.args.get("allow_null")
        for kind in kinds
    )
    filled = any(isinstance(kind, _FILLED) for kind in kinds)
    return Column(
        node.name,
        node.args["kind"].sql("mysql").lower() if node.args.get("kind") else "",
        not_null=not_null or any(isinstance(it, exp.PrimaryKeyColumnConstraint) for it in kinds),
        filled=filled,
        restrictions=tuple(
            _RESTRICTIONS[type(kind)]
            for kind in kinds
            if type(kind) in _RESTRICTIONS and not _is_about_itself(kind, node.name, filled)
        ),
    )


def _is_about_itself(constraint: Any, column: str, filled: bool) -> bool:
    """Whether it is a CHECK of this column alone, which a row without it passes."""
    if not isinstance(constraint, exp.CheckColumnConstraint):
        return False
    if not filled and constraint.find(exp.Is, exp.Coalesce):
        return False
    return all(reference.name == column for reference in constraint.find_all(exp.Column))
