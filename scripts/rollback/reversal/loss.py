"""How much a reversal would lose: rows and values, counted within a limit of time.

Counted when it is planned, and again by the script, in the transaction of the change.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct

from rollback.database_contracts import Engine
from rollback.errors import Unreadable
from rollback.model import Address, Lost
from rollback.reversal.effects import Loss, Name
from rollback.shell import Shell
from rollback.text import clean

SECONDS = 2.0  # for all counts of a database
Counts = dict[str, int]  # column -> values, "" -> rows
_LATE = "too many to count in time"


class Counted(Struct, frozen=True):
    """`lost` is None for nothing. `numbers` has what was counted, also what is empty."""

    lost: Lost | None
    numbers: Mapping[Name, int] = {}


class Limit(Struct, frozen=True):
    """The most rows ("" as column) or values that a script may lose.

    `own`: the change itself loses them, not a later change of the same run.
    """

    table: str
    column: str
    number: int
    own: bool = True


def count(engine: Engine, address: Address, losses: Sequence[Loss], shell: Shell) -> list[Counted]:
    """Return for each what it loses. Each table is read once."""
    end = time.monotonic() + SECONDS
    columns: dict[str, dict[str, None]] = {}
    for loss in losses:
        for table in loss.tables:
            columns.setdefault(table, {})
        for table, column in loss.columns:
            columns.setdefault(table, {})[column] = None
    counts: dict[str, Counts] = {}
    for table, names in columns.items():
        if (left := end - time.monotonic()) > 0.05:
            counts[table] = _read(engine, address, (table, *names), shell, left)
    return [Counted(_lost(loss, counts), _numbers_of(loss, counts)) for loss in losses]


def limits(losses: Sequence[Loss], counted: Sequence[Counted]) -> list[tuple[Limit, ...]]:
    """Return the limits of each change: the first one's are those of all, before anything is lost.

    Between two changes of a run a name may differ from that of today.
    """
    rows = [tuple(_limits(*pair)) for pair in zip(losses, counted, strict=True)]
    later = [
        Limit(*name, number, own=False)
        for each in counted[1:]
        for name, number in each.numbers.items()
    ]
    return [(*rows[0], *later), *rows[1:]]


def statements(engine: Engine, limits: Sequence[Limit]) -> str:
    """Return SQL that fails when more would be lost than was counted; nobody adds to it then."""
    tables = dict.fromkeys(limit.table for limit in limits if limit.own)
    locks = [engine.locked(_quoted(engine, table)) for table in tables]
    return "".join([*locks, *(_at_most(engine, limit) for limit in limits)])


def _limits(loss: Loss, counted: Counted) -> Iterator[Limit]:
    for name, place in loss.places.items():
        if name in counted.numbers:
            yield Limit(*place, counted.numbers[name])


def looks(engine: Engine, limits: Sequence[Limit]) -> str:
    """Return queries that print why where more would be lost than was counted."""
    return "".join(
        f"SELECT CASE WHEN ({_counted(engine, limit)}) > {limit.number} "
        f"THEN {engine.literal(_more(limit))} ELSE '' END;\n"
        for limit in limits
    )


def _at_most(engine: Engine, limit: Limit) -> str:
    return engine.at_most(_counted(engine, limit), limit.number, _more(limit))


def _counted(engine: Engine, limit: Limit) -> str:
    where = f" WHERE {engine.quoted(limit.column)} IS NOT NULL" if limit.column else ""
    rows = f"SELECT 1 FROM {_quoted(engine, limit.table)}{where} LIMIT {limit.number + 1}"
    return f"SELECT count(*) FROM ({rows}) AS q"


def _more(limit: Limit) -> str:
    what = "values" if limit.column else "rows"
    name = clean(".".join(filter(None, (limit.table, limit.column))), 80)
    return (
        f"more would be lost than the plan counted: {name} has more than {limit.number} {what}; "
        "make a new plan"
    )


def _quoted(engine: Engine, table: str) -> str:
    return engine.quoted(*table.split("."))


def _numbers_of(loss: Loss, counts: Mapping[str, Counts]) -> dict[Name, int]:
    names = [*((table, "") for table in loss.tables), *loss.columns]
    known = {name: counts.get(name[0], {}).get(name[1]) for name in names}
    return {name: number for name, number in known.items() if number is not None}


def _read(
    engine: Engine, address: Address, names: Sequence[str], shell: Shell, seconds: float
) -> Counts:
    """Return the rows of a table and the values of its columns; empty when the time is over."""
    table, *columns = names
    counts = ["count(*) AS n0"]
    counts += [f"count({engine.quoted(name)}) AS n{at}" for at, name in enumerate(columns, 1)]
    query = f"SELECT {', '.join(counts)} FROM {_quoted(engine, table)}"
    try:
        ((row,),) = engine.read(address, [query], shell, seconds)
    except Unreadable:
        return {}
    return {name: row[f"n{at}"] for at, name in enumerate(["", *columns])}


def _lost(loss: Loss, counts: dict[str, Counts]) -> Lost | None:
    rows = {table: counts.get(table, {}).get("") for table in loss.tables}
    values = {
        f"{table}.{column}": counts.get(table, {}).get(column) for table, column in loss.columns
    }
    told = [f"{table}: {number} rows" for table, number in rows.items() if number]
    told += [f"{column}: {number} values" for column, number in values.items() if number]
    unknown = [clean(what, 60) for what in loss.unknown]
    unknown += [f"{name} ({_LATE})" for name, number in (rows | values).items() if number is None]
    if not told and not unknown:
        return None
    every_row, every_value = sum(_numbers(rows)), sum(_numbers(values))
    return Lost(every_row, every_value, tuple(told), tuple(unknown))


def _numbers(counts: Mapping[str, int | None]) -> Iterator[int]:
    return (number for number in counts.values() if number)


class Totals(Struct, frozen=True):
    """What all migrations of a database lose together, in words."""

    counted: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()


def total(every: Sequence[Lost | None]) -> Totals:
    return Totals(
        tuple(text for lost in _known(every) for text in lost.tables),
        tuple(text for lost in _known(every) for text in lost.unknown),
    )


def _known(every: Sequence[Lost | None]) -> Iterator[Lost]:
    return (lost for lost in every if lost)
