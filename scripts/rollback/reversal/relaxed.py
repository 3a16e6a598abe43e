"""What a release demands of rows that the old code may not fulfil, dropped by a step of its own.

The migration stays applied: only its demand is taken away, and made again by a restore.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence

from msgspec import Struct

from rollback.database_contracts import Engine, Row
from rollback.reversal.demanded import Wanted, is_given
from rollback.reversal.sql import Statements

_PLAIN = re.compile(r"[\w$]+")  # a name that a line of a guard can hold
_UNIQUE = ("unique", "unique index")


class Demand(Struct, frozen=True):
    """`down` and `up` are SQL, `present` an expression: is it there? `label` is for people."""

    label: str
    down: str
    up: str
    present: str


def demands(
    engine: Engine,
    wanted: Sequence[Wanted],
    rows: Sequence[Row],
    known: Collection[tuple[str, str]],
) -> list[Demand] | None:
    """Return those that the database has; None where one of them is not sure to be the one.

    `known` are indexes and constraints of the older release: (table, name).
    """
    relaxing = engine.RELAXING
    if relaxing is None:
        return None
    every: dict[str, Demand] = {}
    others = {*known, *((table, name) for table, _, name, of in wanted if is_given(name, of))}
    for each in wanted:
        fits = _fits(each, [row for row in rows if row["table"] == each[0]], others)
        if fits is None:
            return None
        for row in fits:
            is_known = row["definition"] is not None
            if not is_known or not _PLAIN.fullmatch(f"{row['table']}{row['name']}"):
                return None
            label = _label(row)
            every[label] = Demand(label, *relaxing.statements(row))
    return list(every.values())


def _fits(
    wanted: Wanted, rows: Sequence[Row], others: Collection[tuple[str, str]]
) -> list[Row] | None:
    """Return the demand among those of its table, [] where it is gone, None where neither is sure.

    `others` are those that have their names from the older release or from this one's files.
    """
    table, kind, name, columns = wanted
    if kind == "not null":
        return _of_column([row for row in rows if row["name"] == name])
    alike = [row for row in rows if row["kind"] == kind or {row["kind"], kind} <= {*_UNIQUE}]
    may_be = [row for row in alike if not _differs(row, columns)]
    if is_given(name, columns) and (named := [row for row in alike if row["name"] == name]):
        return named if named[0] in may_be else None
    left = [row for row in may_be if (table, row["name"]) not in others]
    if is_given(name, columns) or not left:
        return None if left or not rows else []
    return left if len(left) == 1 and columns and left[0]["columns"] else None


def _of_column(rows: Sequence[Row]) -> list[Row] | None:
    """Return its NOT NULL; that of a primary key is not the release's, and stays."""
    of_column = [row for row in rows if row["kind"] in ("not null", "nullable", "primary key")]
    return [row for row in of_column if row["kind"] == "not null"] if of_column else None


def _differs(row: Row, columns: Sequence[str]) -> bool:
    """Whether both say their columns, and those are others."""
    has = str(row["columns"] or "")
    return bool(has and columns) and {*has.split(",")} != {*columns}


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
