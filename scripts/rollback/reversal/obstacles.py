"""What the rows and the objects of today do to a down: NULLs, duplicates, views that need a column.

A down that meets them would fail at its step, or drop with CASCADE what nobody named.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec import Struct

from rollback.database_contracts import Engine, Row
from rollback.errors import Unreadable
from rollback.model import Address
from rollback.reversal.effects import Live, Name
from rollback.shell import Shell
from rollback.text import clean
from rollback.verdicts import operations as to
from rollback.verdicts.operations import Operation

SECONDS = 2.0  # for the count of one column
_REST = "nothing of the chain is reversed"


class Obstacle(Struct, frozen=True):
    """`problem` and `fix` are "" where the down works; `drops` is what CASCADE takes with it."""

    problem: str = ""
    fix: str = ""
    drops: tuple[str, ...] = ()


class Obstacles:
    """The database while its migrations are taken back, newest first: call `of` in that order.

    From the first down on that cannot be read whole nothing is known of what comes after it.
    """

    def __init__(
        self,
        engine: Engine,
        address: Address,
        shell: Shell,
        downs: Sequence[Sequence[Operation]],
    ) -> None:
        self._engine, self._address, self._shell = engine, address, shell
        self._live = Live(engine.columns(address, shell))
        self._gone = set[str]()  # what a down drops or defines anew
        self._empty = set[Name]()  # columns that a down adds, without a value in any row
        self._strict: dict[str, list[str]] = {}  # new tables and their columns that are NOT NULL
        self._opaque = self._is_sql = False
        self._rows = self._read([name for down in downs for name, _ in _dropped(down)])

    def of(self, operations: Sequence[Operation], is_sql: bool) -> Obstacle:
        """Return what stands in the way of this down, and take over what it does.

        `is_sql`: they were read from SQL. What else makes a partial index does not show it.
        """
        self._is_sql = is_sql
        if self._opaque or any(isinstance(operation, to.Opaque) for operation in operations):
            self._opaque = True
            return Obstacle()
        self._gone |= set(_gone(operations))
        dependents = list(self._dependents(operations))
        if problem := self._of_rows(operations):
            return problem
        for row, cascade in dependents:
            if not cascade:
                return _needed(row)
        drops = [f"{row['kind']} {row['name']}, which needs {_of(row)}" for row, _ in dependents]
        return Obstacle(drops=tuple(dict.fromkeys(clean(drop, 80) for drop in drops)))

    # ---- rows -----------------------------------------------------------------------------

    def _of_rows(self, operations: Sequence[Operation]) -> Obstacle | None:
        first: Obstacle | None = None
        for operation in operations:
            first = first or self._before(operation)
            written = set(self._live.written)
            self._live.follow(operation)
            first = first or self._after(operation, written)
        return first

    def _before(self, operation: Operation) -> Obstacle | None:
        match operation:
            case to.SetNotNull(table, column):
                return self._nulls(table, column, self._place(table, column))
            case to.AddConstraint(table, "unique" | "primary key", _, columns) if columns:
                return self._duplicates(table, columns)
            case to.CreateIndex(_, table, True, columns, False) if columns and self._is_sql:
                return self._duplicates(table, columns)
        return None

    def _after(self, operation: Operation, written: set[str]) -> Obstacle | None:
        """Return what a copy of rows into a stricter table meets; remember what is new."""
        match operation:
            case to.AddColumn(table, column) if not column.filled:
                self._empty.add((table, column.name))
            case to.CreateTable(table, columns):
                self._strict[table] = [column.name for column in columns if column.not_null]
            case to.Write(table=table) if table in self._strict:
                columns_of = self._live.tables.get(table, {})
                places = [(name, columns_of.get(name)) for name in self._strict[table]]
                every = (
                    self._nulls(table, name, place)
                    for name, place in places
                    if place and place[0] not in written
                )
                return next(filter(None, every), None)
        return None

    def _nulls(self, table: str, column: str, place: Name | None) -> Obstacle | None:
        if place:
            where = f"{self._engine.quoted(place[1])} IS NULL"
            number = self._count(f"SELECT 1 AS one FROM {self._table(place[0])} WHERE {where}")
        elif (table, column) in self._empty and table not in self._live.written:
            today = {at[0] for at in self._live.tables.get(table, {}).values() if at}
            number = sum(self._count(f"SELECT 1 AS one FROM {self._table(at)}") for at in today)
        else:
            return None
        if not number:
            return None
        name = clean(f"{table}.{column}", 80)
        return Obstacle(
            f"its down makes {name} NOT NULL, and {_rows(number)} NULL there",
            f"fill {name} in the database or in the down, or fix forward; {_REST}",
        )

    def _duplicates(self, table: str, columns: Sequence[str]) -> Obstacle | None:
        places = [self._place(table, column) for column in columns]
        known = [place for place in places if place]
        if len(known) < len(places) or len({place[0] for place in known}) > 1:
            return None
        names = ", ".join(self._engine.quoted(place[1]) for place in known)
        where = " AND ".join(f"{self._engine.quoted(place[1])} IS NOT NULL" for place in known)
        groups = f"WHERE {where} GROUP BY {names} HAVING count(*) > 1"
        number = self._count(f"SELECT 1 AS one FROM {self._table(known[0][0])} {groups}")
        if not number:
            return None
        name = clean(f"{table} ({', '.join(columns)})", 80)
        values = "1 value is" if number == 1 else f"{number} values are"
        return Obstacle(
            f"its down makes {name} unique, and {values} there more than once",
            f"remove the duplicates, or fix forward; {_REST}",
        )

    def _place(self, table: str, column: str) -> Name | None:
        """Return where the data of a column is today; None if a down has made or changed it."""
        place = self._live.tables.get(table, {}).get(column)
        return None if place and {place[0], table} & self._live.written else place

    def _table(self, table: str) -> str:
        return self._engine.quoted(*table.split("."))

    def _count(self, query: str) -> int:
        """Return the rows of a query; 0 where that takes too long: then the step tells."""
        try:
            count = f"SELECT count(*) AS n FROM ({query}) q"
            ((row,),) = self._engine.read(self._address, [count], self._shell, SECONDS)
        except Unreadable:
            return 0
        return int(row["n"])

    # ---- objects --------------------------------------------------------------------------

    def _dependents(self, operations: Sequence[Operation]) -> Iterator[tuple[Row, bool]]:
        """Yield what needs a dropped table or column and stays, and whether CASCADE takes it."""
        dropped = {name: cascade for name, cascade in _dropped(operations) if self._is_live(name)}
        if not dropped:
            return
        for row in self._rows:
            own = row["owner"] == row["table"]  # it goes with its table
            names = [(row["table"], row["column"]), *([] if own else [(row["table"], "")])]
            for name in names:
                if name in dropped and not self._is_gone(row):
                    yield row, dropped[name]
                    break

    def _read(self, names: Sequence[Name]) -> list[Row]:
        """Return what keeps any of these from a drop: one query for all downs."""
        if not names:
            return []
        query = self._engine.dependents(list(dict.fromkeys(names)))
        (rows,) = self._engine.read(self._address, [query], self._shell)
        return rows

    def _is_live(self, name: Name) -> bool:
        """Whether the table or column is there today under this name."""
        table, column = name
        columns = self._live.tables.get(table, {})
        if not column:
            return any(place and place[0] == table for place in columns.values())
        return columns.get(column) == name

    def _is_gone(self, row: Row) -> bool:
        """Whether this down, or an earlier one, drops what depends, or what that belongs to."""
        owner, name = row["owner"], row["name"]
        names = {f"{owner}.{name}"} if owner else set()
        if owner and owner != row["table"]:
            names |= {owner, f"{owner} column"}
        return bool({name, *names} & self._gone)


def _needed(row: Row) -> Obstacle:
    needs = clean(f"{row['kind']} {row['name']}", 80)
    owner = row["owner"] if row["owner"] != row["table"] else ""
    of = f" of {clean(owner, 60)}" if owner else ""
    return Obstacle(
        f"its down drops {_of(row)}, which {needs}{of} needs",
        f"drop or change {needs} first, in the database or in the down, or fix forward; {_REST}",
    )


def _of(row: Row) -> str:
    return clean(".".join(filter(None, (row["table"], row["column"]))), 80)


def _rows(number: int) -> str:
    return "1 row has" if number == 1 else f"{number} rows have"


def _dropped(operations: Sequence[Operation]) -> Iterator[tuple[Name, bool]]:
    for operation in operations:
        match operation:
            case to.DropTable(table, cascade):
                yield (table, ""), cascade
            case to.DropColumn(table, column, cascade):
                yield (table, column), cascade


def _gone(operations: Sequence[Operation]) -> Iterator[str]:
    """Yield what a down drops or defines anew, as `_is_gone` names it."""
    for operation in operations:
        match operation:
            case to.DropTable(table) | to.RenameTable(table):
                yield table
            case to.DropColumn(table):  # its foreign keys, too
                yield f"{table} column"
            case to.DropConstraint(table, name):
                yield f"{table}.{name}"
            case to.Drop(_, name) | to.Replace(_, name) | to.DropIndex(name):
                yield name.rpartition(".")[2]
            case to.Unguard(what):
                yield what.rpartition(" ")[2]
