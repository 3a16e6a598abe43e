"""What a release demands of rows that the old code may not fulfil, dropped by a step of its own.

The migration stays applied: only its demand is taken away, and made again by a restore.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from msgspec import Struct

from rollback.database_contracts import Engine, Row
from rollback.reversal.sql import Statements
from rollback.verdicts import operations as to
from rollback.verdicts.operations import Operation
from rollback.verdicts.schema import Schema
from rollback.verdicts.types import is_wider

_PLAIN = re.compile(r"[\w$]+")  # a name that a line of a guard can hold
# what also tightens, and has no statement that only takes it away
_OTHERS = (
    to.SetType, to.Restrict, to.DropDefault, to.Drop, to.Rename, to.AddLabel, to.Unguard, to.Opaque,
)  # fmt: skip
_PASSING_NULL = ("unique", "foreign key")
Wanted = tuple[str, str, str, tuple[str, ...]]  # table, kind, name or "", columns


class Demand(Struct, frozen=True):
    """`down` and `up` are SQL, `present` an expression: is it there? `label` is for people."""

    label: str
    down: str
    up: str
    present: str


def tightening(operations: Iterable[Operation], before: Schema) -> Iterator[Operation]:
    """Yield them without what takes nothing from code that knows only the older release's files.

    MODIFY of MySQL says type and default anew, also where only NOT NULL is new.
    """
    for operation in operations:
        table, name = getattr(operation, "table", ""), getattr(operation, "column", "")
        column = before.column(table, name) if isinstance(name, str) else None
        match operation:
            case to.SetType(_, _, type) if column and is_wider(column.type, type):
                pass
            case to.DropDefault() if column and not column.filled:
                pass
            case _:
                yield operation
        before.apply(operation)


def wanted(operations: Sequence[Operation]) -> list[Wanted] | None:
    """Return what the migrations of a release demand of tables that were there before.

    None where a demand among them has no statement that takes it away.
    """
    new = {each.table for each in operations if isinstance(each, to.CreateTable)}
    free = {
        (each.table, each.column.name)
        for each in operations
        if isinstance(each, to.AddColumn) and not each.column.filled
    }
    if any(isinstance(each, _OTHERS) for each in operations):
        return None
    every: list[Wanted] = []
    for operation in operations:
        if getattr(operation, "table", "") in new:
            continue
        demands = _demands(operation, free)
        if demands is None:
            return None
        every += demands
    return every


def _demands(operation: Operation, free: set[tuple[str, str]]) -> list[Wanted] | None:
    match operation:
        case to.SetNotNull(table, column):
            return [(table, "not null", column, (column,))]
        case to.AddColumn(table, column):
            if {*column.restrictions} - {*_PASSING_NULL} or (column.filled and column.restrictions):
                return None
            demanded = column.not_null and not column.filled
            return [(table, "not null", column.name, (column.name,))] if demanded else []
        case to.AddConstraint(table, kind, name, columns):
            if kind == "primary key":
                return None
            passes = kind in _PASSING_NULL and any((table, each) in free for each in columns)
            return [] if passes else [(table, kind, name, columns)]
        case to.CreateIndex(name, table, True, columns):
            passes = any((table, each) in free for each in columns)
            return [] if passes else [(table, "unique index", name, columns)]
    return []


def demands(engine: Engine, wanted: Sequence[Wanted], rows: Sequence[Row]) -> list[Demand] | None:
    """Return those that the database has; None where one of them is not sure to be the one."""
    relaxing = engine.RELAXING
    if relaxing is None:
        return None
    every: dict[str, Demand] = {}
    for table, kind, name, columns in wanted:
        fits = [row for row in rows if _fits(row, table, kind, name, columns)]
        if len(fits) > 1 or (not fits and not name):
            return None
        for row in fits:  # none: it is gone already
            is_known = row["definition"] is not None
            if not is_known or not _PLAIN.fullmatch(f"{row['table']}{row['name']}"):
                return None
            label = _label(row)
            every[label] = Demand(label, *relaxing.statements(row))
    return list(every.values())


def _fits(row: Row, table: str, kind: str, name: str, columns: Sequence[str]) -> bool:
    if row["table"] != table:
        return False
    if row["name"] == name and row["kind"] in (kind, "unique", "unique index"):
        return True
    return (
        not name
        and row["kind"] == kind
        and set(str(row["columns"] or "").split(",")) == set(columns)
    )


def _label(row: Row) -> str:
    if row["kind"] == "not null":
        return f"{row['table']}.{row['name']} NOT NULL"
    return f"{row['table']} {row['kind']} {row['name']}"


class Relaxed(Statements):
    """Statements about demands: "applied" is one that is there. The tool's table stays as it is."""

    def __init__(self, base: Statements, demands: Sequence[Demand], ids: Sequence[str]) -> None:
        super().__init__(base.engine, base.at)
        self._base, self._ids = base, ids
        self._present: Mapping[str, str] = {demand.label: demand.present for demand in demands}

    def applied(self, id: str) -> str:
        return self._present[id]

    def others(self, ids: Sequence[str]) -> str:
        beside = [id for id in ids if id not in self._present]
        return self._base.others([*self._ids, *beside])

    def remove(self, id: str, below: str | None) -> str:
        return ""

    def add(self, id: str, below: str | None, row: Row) -> str:
        return ""
