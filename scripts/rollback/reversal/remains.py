"""What a down leaves behind although it undoes each statement: NOT NULL of a primary key."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rollback.reversal.change import Change
from rollback.verdicts import operations as to
from rollback.verdicts.operations import Operation

KEY = "primary key"


def still_not_null(change: Change) -> list[str]:
    """Return the columns, as table.column, that the down leaves NOT NULL.

    A primary key makes its columns NOT NULL; dropping it does not take that back, on any engine.
    """
    ups, downs = change.sql.up_operations, change.sql.operations
    new = {(op.table, op.column.name) for op in ups if isinstance(op, to.AddColumn)}
    kept = [
        (key.table, column)
        for key in _keys(ups)
        if any(_drops(key, op) for op in downs)
        for column in key.columns
        if (key.table, column) not in new and not _is_taken_back(key.table, column, downs)
    ]
    return [f"{table}.{column}" for table, column in kept]


def _keys(operations: Sequence[Operation]) -> Iterator[to.AddConstraint]:
    made = {op.table for op in operations if isinstance(op, to.CreateTable)}
    added = (op for op in operations if isinstance(op, to.AddConstraint) and op.kind == KEY)
    yield from (key for key in added if key.table not in made)


def _drops(key: to.AddConstraint, operation: Operation) -> bool:
    match operation:
        case to.DropConstraint(key.table, "", kind):
            return kind == KEY
        case to.DropConstraint(key.table, name):
            return name in (key.name, f"{key.table.rpartition('.')[2]}_pkey", "PRIMARY")
    return False


def _is_taken_back(table: str, column: str, downs: Sequence[Operation]) -> bool:
    """Whether the down makes the column nullable, defines it anew or drops it."""
    for operation in downs:
        match operation:
            case to.DropNotNull(table_, column_) | to.DropColumn(table_, column_):
                if (table_, column_) == (table, column):
                    return True
            case to.DropTable(table_) if table_ == table:
                return True
    return False
