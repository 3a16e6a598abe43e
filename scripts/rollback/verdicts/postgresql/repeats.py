"""Which statements leave something else when they run a second time on the same rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import postgast
from msgspec import Struct

from rollback.verdicts import postgresql
from rollback.verdicts.operations import Operation
from rollback.verdicts.postgresql.names import Node

_SAME_AGAIN = ("lower", "upper", "btrim", "ltrim", "rtrim")  # of their own result


class Statement(Struct, frozen=True):
    """`text` has no semicolon. `repeats`: a second run is like one."""

    text: str
    operations: tuple[Operation, ...]
    repeats: bool


def statements(sql: str) -> list[Statement]:
    """Return the statements in order; empty where the text does not parse."""
    try:
        parsed = postgast.parse(sql)
    except postgast.PgQueryError:
        return []
    return [_statement(raw, sql.encode()) for raw in parsed.stmts]


def _statement(raw: Node, sql: bytes) -> Statement:
    end = raw.stmt_location + raw.stmt_len if raw.stmt_len else None
    text = sql[raw.stmt_location : end].decode().strip().rstrip(";")
    return Statement(text, tuple(postgresql.operations(text)), _repeats(raw.stmt))


def _repeats(statement: Node) -> bool:
    kind = statement.WhichOneof("node")
    node = getattr(statement, kind)
    if kind == "update_stmt":
        return not _uses_own(node.target_list, node.relation)
    if kind == "delete_stmt":
        return bool(node.HasField("where_clause"))
    if kind == "insert_stmt":
        clause = node.on_conflict_clause
        action = postgast.pg_query_pb2.OnConflictAction.Name(clause.action)
        if action == "ONCONFLICT_UPDATE":
            return not _uses_own(clause.target_list, node.relation)
        return bool(action == "ONCONFLICT_NOTHING")
    return kind not in ("truncate_stmt", "copy_stmt", "merge_stmt")


def _uses_own(targets: Sequence[Node], relation: Node) -> bool:
    """Whether a column is set from what the statement sets."""
    names = {target.res_target.name for target in targets}
    values = [target.res_target.val for target in targets]
    return any(_reads(value, names) for value in values)


def _reads(value: Node, names: set[str]) -> bool:
    """Whether it reads one of these columns, except where its own result leads to itself."""
    return any(not names.isdisjoint(_columns(part)) for part in _parts(value))


def _parts(value: Node) -> list[Node]:
    call = value.func_call
    same = value.HasField("coalesce_expr") or (
        value.HasField("func_call") and call.funcname[-1].string.sval in _SAME_AGAIN
    )
    if not same:
        return [value]
    arguments = value.coalesce_expr.args or call.args
    return [part for part in arguments if not part.HasField("column_ref")]


def _columns(node: Node) -> Iterator[str]:
    """Yield the last names of column references below a node; those of new rows are left out."""
    if node.DESCRIPTOR.name == "ColumnRef":
        words = [field.string.sval for field in getattr(node, "fields")]  # noqa: B009
        if words[0] != "excluded":
            yield words[-1]
        return
    for _, value in node.ListFields():
        several = isinstance(value, Iterable) and not isinstance(value, str | bytes)
        for part in value if several else [value]:
            if hasattr(part, "ListFields"):
                yield from _columns(part)
