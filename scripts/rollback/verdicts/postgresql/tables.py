"""CREATE TABLE and ALTER TABLE."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import postgast

from rollback.verdicts import operations as to
from rollback.verdicts.operations import Column, Constraint, Operation
from rollback.verdicts.postgresql.names import Node, joined, inner, object_type, relation, type_name

_CONSTRAINTS: dict[str, Constraint] = {
    "CONSTR_CHECK": "check",
    "CONSTR_FOREIGN": "foreign key",
    "CONSTR_UNIQUE": "unique",
    "CONSTR_EXCLUSION": "exclusion",
    "CONSTR_PRIMARY": "primary key",
}
_FILLED = ("CONSTR_DEFAULT", "CONSTR_IDENTITY", "CONSTR_GENERATED")
_SERIAL = {
    "serial": "integer",
    "serial4": "integer",
    "bigserial": "bigint",
    "serial8": "bigint",
    "smallserial": "smallint",
    "serial2": "smallint",
}


def _create_table(statement: Node) -> Iterator[Operation]:
    if statement.relation.relpersistence == "t":
        yield to.Harmless("temporary table")
        return
    elements = [inner(element) for element in statement.table_elts]
    columns = [_column(element) for element in elements if hasattr(element, "colname")]
    table = relation(statement.relation)
    constraints = tuple(_named_constraints(table, elements))
    yield to.CreateTable(table, tuple(columns), constraints)


def _named_constraints(table: str, elements: list[Node]) -> Iterator[to.AddConstraint]:
    for element in elements:
        if name := getattr(element, "conname", ""):
            kind = _CONSTRAINTS.get(postgast.pg_query_pb2.ConstrType.Name(element.contype))
            if kind:
                yield to.AddConstraint(table, kind, name, _columns(element))


def _create_table_as(statement: Node) -> Iterator[Operation]:
    name = relation(statement.into.rel)
    if statement.objtype == object_type("OBJECT_MATVIEW"):
        yield to.Create("materialized view", name)
    elif statement.into.rel.relpersistence == "t":
        yield to.Harmless("temporary table")
    else:
        yield to.CreateTable(name)


def _alter_table(statement: Node) -> Iterator[Operation]:
    table = relation(statement.relation)
    if statement.objtype == object_type("OBJECT_INDEX"):
        yield to.Harmless(f"alters index {table}")
        return
    for item in statement.cmds:
        command = item.alter_table_cmd
        subtype = postgast.pg_query_pb2.AlterTableType.Name(command.subtype)
        yield _SUBTYPES.get(subtype, _not_known)(table, command)


def _not_known(table: str, command: Node) -> Operation:
    subtype = postgast.pg_query_pb2.AlterTableType.Name(command.subtype)
    if subtype in _HARMLESS_SUBTYPES:
        return to.Harmless(f"alters how {table} is kept")
    return to.Opaque(f"ALTER TABLE {table} ({subtype.removeprefix('AT_')})")


def _add_constraint(table: str, command: Node) -> Operation:
    constraint = getattr(command, "def").constraint
    name = postgast.pg_query_pb2.ConstrType.Name(constraint.contype)
    if name == "CONSTR_NOTNULL":
        return to.SetNotNull(table, constraint.keys[0].string.sval if constraint.keys else "?")
    if name not in _CONSTRAINTS:
        return to.Opaque(f"ALTER TABLE {table} ADD ({name.removeprefix('CONSTR_')})")
    if not constraint.is_enforced and name in ("CONSTR_CHECK", "CONSTR_FOREIGN"):
        return to.Harmless(f"a constraint of {table} that is not enforced")
    return to.AddConstraint(table, _CONSTRAINTS[name], constraint.conname, _columns(constraint))


def _columns(constraint: Node) -> tuple[str, ...]:
    """Return its columns; none where a NULL in one of them lets no row pass."""
    is_full = constraint.fk_matchtype == "f" and len(constraint.fk_attrs) > 1
    if constraint.nulls_not_distinct or is_full:
        return ()
    return tuple(item.string.sval for item in (*constraint.keys, *constraint.fk_attrs))


def _set_type(table: str, name: str, definition: Node) -> Operation:
    using = definition.HasField("raw_default")
    return to.SetType(table, name, type_name(definition.type_name), using=using)


def _set_default(table: str, command: Node) -> Operation:
    if command.HasField("def"):
        return to.SetDefault(table, command.name)
    return to.DropDefault(table, command.name)


_SUBTYPES: dict[str, Callable[[str, Node], Operation]] = {
    "AT_AddColumn": lambda table, command: to.AddColumn(
        table, _column(getattr(command, "def").column_def)
    ),
    "AT_DropColumn": lambda table, command: to.DropColumn(
        table, command.name, command.behavior == postgast.pg_query_pb2.DROP_CASCADE
    ),
    "AT_AlterColumnType": lambda table, command: _set_type(
        table, command.name, getattr(command, "def").column_def
    ),
    "AT_SetNotNull": lambda table, command: to.SetNotNull(table, command.name),
    "AT_DropNotNull": lambda table, command: to.DropNotNull(table, command.name),
    "AT_ColumnDefault": _set_default,
    "AT_AddIdentity": lambda table, command: to.SetDefault(table, command.name),
    "AT_DropIdentity": lambda table, command: to.DropDefault(table, command.name),
    "AT_DropExpression": lambda table, command: to.DropDefault(table, command.name),
    "AT_AddConstraint": _add_constraint,
    "AT_DropConstraint": lambda table, command: to.DropConstraint(table, command.name),
    "AT_EnableRowSecurity": lambda table, command: to.Restrict("row security", table),
    "AT_ForceRowSecurity": lambda table, command: to.Restrict("forced row security", table),
    "AT_EnableTrig": lambda table, command: to.Restrict(f"trigger {command.name}", table),
    "AT_EnableAlwaysTrig": lambda table, command: to.Restrict(f"trigger {command.name}", table),
    "AT_EnableTrigAll": lambda table, command: to.Restrict("all triggers", table),
    "AT_EnableTrigUser": lambda table, command: to.Restrict("all triggers", table),
    "AT_EnableRule": lambda table, command: to.Restrict(f"rule {command.name}", table),
    "AT_AttachPartition": lambda table, command: to.Restrict(
        "what its new partition demands", table
    ),
    "AT_DetachPartition": lambda table, command: to.Drop("partition of", table),
    "AT_DetachPartitionFinalize": lambda table, command: to.Drop("partition of", table),
}
_HARMLESS_SUBTYPES = (
    "AT_ChangeOwner",
    "AT_ClusterOn",
    "AT_DropCluster",
    "AT_DisableRowSecurity",
    "AT_NoForceRowSecurity",
    "AT_ReplicaIdentity",
    "AT_ResetOptions",
    "AT_ResetRelOptions",
    "AT_SetAccessMethod",
    "AT_SetCompression",
    "AT_SetIdentity",
    "AT_SetLogged",
    "AT_SetOptions",
    "AT_SetRelOptions",
    "AT_SetStatistics",
    "AT_SetStorage",
    "AT_SetTableSpace",
    "AT_SetUnLogged",
    "AT_ValidateConstraint",
)


def _column(node: Node) -> Column:
    constraints = [item.constraint for item in node.constraints]
    kinds = [postgast.pg_query_pb2.ConstrType.Name(item.contype) for item in constraints]
    type = type_name(node.type_name)
    filled = bool(set(_FILLED) & set(kinds)) or type in _SERIAL
    return to.Column(
        node.colname,
        _SERIAL.get(type, type),
        not_null=bool({"CONSTR_NOTNULL", "CONSTR_PRIMARY"} & set(kinds)) or type in _SERIAL,
        filled=filled,
        restrictions=tuple(_restrictions(node.colname, constraints, filled)),
    )


def _restrictions(column: str, constraints: list[Node], filled: bool) -> Iterator[Constraint]:
    for constraint in constraints:
        kind = postgast.pg_query_pb2.ConstrType.Name(constraint.contype)
        references = postgast.find_nodes(constraint.raw_expr, postgast.pg_query_pb2.ColumnRef)
        own = all(joined(reference.fields) == column for reference in references)
        own = own and (filled or not _may_refuse_null(constraint.raw_expr))
        if constraint.nulls_not_distinct:
            yield "exclusion"  # unlike a unique one it refuses a second NULL
        elif kind in _CONSTRAINTS and not (kind == "CONSTR_CHECK" and own):
            yield _CONSTRAINTS[kind]


def _may_refuse_null(check: Node) -> bool:
    kinds = (postgast.pg_query_pb2.NullTest, postgast.pg_query_pb2.CoalesceExpr)
    return any(True for kind in kinds for _ in postgast.find_nodes(check, kind))


READERS: dict[str, Callable[[Node], Iterator[Operation]]] = {
    "alter_table_stmt": _alter_table,
    "create_stmt": _create_table,
    "create_table_as_stmt": _create_table_as,
}
