"""Everything but tables: indexes, views, types, rights, and what is written."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import postgast

from rollback.verdicts import operations as to
from rollback.verdicts.operations import Operation
from rollback.verdicts.postgresql.names import Node, joined, object_name, relation, word

_UNGUARDING = ("OBJECT_TRIGGER", "OBJECT_POLICY", "OBJECT_RULE")
# of a select: functions that change nothing that code depends on
_KNOWN_FUNCTIONS = (
    "set_config",
    "setval",
    "pg_sleep",
    "now",
    "count",
    "current_setting",
    "nextval",
)
# parts of a query that does not return every row of its table once
_PARTIAL = (
    "distinct_clause",
    "where_clause",
    "group_clause",
    "having_clause",
    "limit_count",
    "limit_offset",
    "with_clause",
)


def _create_index(statement: Node) -> Iterator[Operation]:
    columns = tuple(item.index_elem.name for item in statement.index_params)
    named = columns if all(columns) and not statement.nulls_not_distinct else ()
    table, partial = relation(statement.relation), statement.HasField("where_clause")
    yield to.CreateIndex(statement.idxname, table, statement.unique, named, partial)


def _create_view(statement: Node) -> Iterator[Operation]:
    name = relation(statement.view)
    # PostgreSQL refuses a replacement that loses or retypes a column
    yield to.Replace("view", name) if statement.replace else to.Create("view", name)


def _create_function(statement: Node) -> Iterator[Operation]:
    name = joined(statement.funcname)
    yield to.Replace("function", name) if statement.replace else to.Create("function", name)


def _drop(statement: Node) -> Iterator[Operation]:
    kind = postgast.pg_query_pb2.ObjectType.Name(statement.remove_type)
    cascade = statement.behavior == postgast.pg_query_pb2.DROP_CASCADE
    for item in statement.objects:
        name = object_name(item)
        if kind == "OBJECT_TABLE":
            yield to.DropTable(name, cascade)
        elif kind == "OBJECT_INDEX":
            yield to.DropIndex(name)
        elif kind in _UNGUARDING:
            table, _, own = name.rpartition(".")
            yield to.Unguard(f"{word(kind)} {own}", table)
        elif kind == "OBJECT_STATISTIC_EXT":
            yield to.Harmless(f"statistics {name}")
        else:
            yield to.Drop(word(kind), name, cascade)


def _rename(statement: Node) -> Iterator[Operation]:
    kind = postgast.pg_query_pb2.ObjectType.Name(statement.rename_type)
    table = relation(statement.relation)
    if kind == "OBJECT_COLUMN":
        yield to.RenameColumn(table, statement.subname, statement.newname)
    elif kind == "OBJECT_TABLE":
        yield to.RenameTable(table, statement.newname)
    elif kind in ("OBJECT_INDEX", "OBJECT_TABCONSTRAINT", "OBJECT_TRIGGER", "OBJECT_POLICY"):
        own = ".".join(filter(None, (table, statement.subname)))
        yield to.Harmless(f"renames {word(kind)} {own} to {statement.newname}")
    else:
        name = table or object_name(statement.object) or statement.subname
        yield to.Rename(word(kind), name, statement.newname)


def _move_to_schema(statement: Node) -> Iterator[Operation]:
    name = relation(statement.relation) or object_name(statement.object)
    kind = word(postgast.pg_query_pb2.ObjectType.Name(statement.object_type))
    yield to.Rename(kind, name, f"{statement.newschema}.{name.rpartition('.')[2]}")


def _alter_enum(statement: Node) -> Iterator[Operation]:
    name = joined(statement.type_name)
    if statement.old_val:
        yield to.Rename("label of", name, statement.new_val)
    else:
        yield to.AddLabel(name, statement.new_val)


def _alter_domain(statement: Node) -> Iterator[Operation]:
    name = joined(statement.type_name)
    if statement.subtype in ("C", "O"):  # add constraint, set not null
        yield to.Restrict(f"domain {name}")
    else:
        yield to.Harmless(f"domain {name}: less is demanded")


def _grant(statement: Node) -> Iterator[Operation]:
    yield to.Harmless("grants rights") if statement.is_grant else to.Restrict("a revoked right")


def _alter_sequence(statement: Node) -> Iterator[Operation]:
    yield to.Harmless(f"sequence {relation(statement.sequence)}")


def _trigger(statement: Node) -> Iterator[Operation]:
    yield to.Restrict(f"trigger {statement.trigname}", relation(statement.relation))


def _policy(statement: Node) -> Iterator[Operation]:
    yield to.Restrict(f"policy {statement.policy_name}", relation(statement.table))


def _rule(statement: Node) -> Iterator[Operation]:
    yield to.Restrict(f"rule {statement.rulename}", relation(statement.relation))


def _truncate(statement: Node) -> Iterator[Operation]:
    for item in statement.relations:
        yield to.Write("truncate", relation(item.range_var))


def _copy(statement: Node) -> Iterator[Operation]:
    if statement.is_from:
        yield to.Write("copy", relation(statement.relation))
    else:
        yield to.Harmless("copy out")


def _write(word: str) -> Callable[[Node], Iterator[Operation]]:
    def read(statement: Node) -> Iterator[Operation]:
        yield from _writes_of(statement)
        table = relation(statement.relation)
        yield to.Write(word, table, _set_columns(statement) if word == "update" else ())

    return read


def _insert(statement: Node) -> Iterator[Operation]:
    yield from _writes_of(statement)
    action = postgast.pg_query_pb2.OnConflictAction.Name(statement.on_conflict_clause.action)
    upsert = action == "ONCONFLICT_UPDATE"
    table = relation(statement.relation)
    columns = tuple(item.res_target.name for item in statement.cols)
    plain = not upsert and action != "ONCONFLICT_NOTHING" and not statement.HasField("with_clause")
    source, selected = _copied(statement.select_stmt.select_stmt) if plain else ("", ())
    yield to.Write("upsert" if upsert else "insert", table, columns, source, selected)


def _copied(select: Node) -> tuple[str, tuple[str, ...]]:
    """Return the table of which a query takes every row, and the columns; "" for another query."""
    tables = [item.range_var for item in select.from_clause if item.HasField("range_var")]
    if not (len(select.from_clause) == len(tables) == 1) or not tables[0].inh:
        return "", ()
    if any(name in _PARTIAL for name in (field.name for field, _ in select.ListFields())):
        return "", ()
    return relation(tables[0]), tuple(_column_of(item.res_target) for item in select.target_list)


def _column_of(target: Node) -> str:
    if target.val.WhichOneof("node") != "column_ref":
        return ""
    last = target.val.column_ref.fields[-1]
    return "*" if last.HasField("a_star") else str(last.string.sval)


def _set_columns(statement: Node) -> tuple[str, ...]:
    return tuple(item.res_target.name for item in statement.target_list)


def _select(statement: Node) -> Iterator[Operation]:
    yield from _writes_of(statement)
    if statement.HasField("into_clause"):
        yield to.CreateTable(relation(statement.into_clause.rel))
    functions = {
        joined(call.funcname).rpartition(".")[2]
        for call in postgast.find_nodes(statement, postgast.pg_query_pb2.FuncCall)
    }
    unknown = sorted(functions - set(_KNOWN_FUNCTIONS))
    yield to.Opaque(f"SELECT {unknown[0]}()") if unknown else to.Harmless("select")


def _writes_of(statement: Node) -> Iterator[Operation]:
    """Yield what the WITH parts of a statement write."""
    for item in statement.with_clause.ctes:
        query = item.common_table_expr.ctequery
        kind = query.WhichOneof("node")
        if kind != "select_stmt":
            yield from READERS[kind](getattr(query, kind))


READERS: dict[str, Callable[[Node], Iterator[Operation]]] = {
    "alter_domain_stmt": _alter_domain,
    "alter_enum_stmt": _alter_enum,
    "alter_object_schema_stmt": _move_to_schema,
    "alter_policy_stmt": _policy,
    "alter_seq_stmt": _alter_sequence,
    "copy_stmt": _copy,
    "create_function_stmt": _create_function,
    "create_policy_stmt": _policy,
    "create_trig_stmt": _trigger,
    "delete_stmt": _write("delete"),
    "drop_stmt": _drop,
    "grant_stmt": _grant,
    "index_stmt": _create_index,
    "insert_stmt": _insert,
    "merge_stmt": _write("merge"),
    "rename_stmt": _rename,
    "rule_stmt": _rule,
    "select_stmt": _select,
    "truncate_stmt": _truncate,
    "update_stmt": _write("update"),
    "view_stmt": _create_view,
}
