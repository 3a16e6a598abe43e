"""Read PostgreSQL statements with the server's own parser (libpg_query, by postgast)."""

from __future__ import annotations

from collections.abc import Iterator

import postgast

from rollback.verdicts import operations as to
from rollback.verdicts.operations import Operation
from rollback.verdicts.postgresql import objects, tables
from rollback.verdicts.postgresql.names import Node, new_name

READERS = {**tables.READERS, **objects.READERS}
_HARMLESS = (
    "alter_default_privileges_stmt",
    "alter_extension_stmt",
    "alter_owner_stmt",
    "alter_role_set_stmt",
    "alter_role_stmt",
    "alter_stats_stmt",
    "check_point_stmt",
    "cluster_stmt",
    "comment_stmt",
    "constraints_set_stmt",
    "create_role_stmt",
    "create_stats_stmt",
    "deallocate_stmt",
    "discard_stmt",
    "explain_stmt",
    "grant_role_stmt",
    "listen_stmt",
    "lock_stmt",
    "notify_stmt",
    "refresh_mat_view_stmt",
    "reindex_stmt",
    "transaction_stmt",
    "vacuum_stmt",
    "variable_set_stmt",
    "variable_show_stmt",
)
_CREATED = {
    "composite_type_stmt": "type",
    "create_cast_stmt": "cast",
    "create_domain_stmt": "domain",
    "create_enum_stmt": "type",
    "create_extension_stmt": "extension",
    "create_foreign_table_stmt": "foreign table",
    "create_publication_stmt": "publication",
    "create_range_stmt": "type",
    "create_schema_stmt": "schema",
    "create_seq_stmt": "sequence",
    "define_stmt": "definition",
}


def operations(sql: str) -> list[Operation]:
    """Return what these statements do, in order; text that does not parse is one Opaque."""
    try:
        parsed = postgast.parse(sql)
    except postgast.PgQueryError as error:
        return [to.Opaque(f"{to.UNPARSED} ({str(error)[:80]})")]
    return [
        operation
        for raw in parsed.stmts
        for operation in _statement(raw.stmt, raw.stmt.WhichOneof("node"))
    ]


def _labels(statement: Node) -> tuple[str, ...]:
    return tuple(item.string.sval for item in getattr(statement, "vals", ()))


def _statement(node: Node, kind: str) -> Iterator[Operation]:
    statement = getattr(node, kind)
    if kind in _HARMLESS:
        yield to.Harmless(kind.removesuffix("_stmt").replace("_", " "))
    elif kind in _CREATED:
        yield to.Create(_CREATED[kind], new_name(statement), _labels(statement))
    elif reader := READERS.get(kind):
        yield from reader(statement)
    else:
        yield to.Opaque(kind.removesuffix("_stmt").replace("_", " ").upper())
