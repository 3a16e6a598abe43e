"""What the SQL of a migration leaves: tables and columns, and the data that goes with them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct

from rollback.database_contracts import Row
from rollback.verdicts import operations as to
from rollback.verdicts.operations import Operation

Name = tuple[str, str]  # table and column; "" for the table itself
_DESTROYS = ("delete", "truncate", "update", "merge", "replace", "upsert")
_HOLD_DATA = ("schema", "materialized view", "foreign table", "extension")
# no column goes with them when they are dropped with CASCADE, or a generated one only
_HOLD_NO_COLUMNS = ("aggregate", "function", "procedure", "routine", "sequence", "view")
_TAKES_AWAY = (
    to.AddConstraint,
    to.CreateIndex,
    to.Drop,
    to.DropColumn,
    to.DropConstraint,
    to.DropDefault,
    to.DropIndex,
    to.DropTable,
    to.Harmless,
    to.Restrict,
    to.SetNotNull,
    to.Unguard,
)


class Loss(Struct, frozen=True):
    """What is dropped: live tables, and live columns of tables that stay.

    `unknown` lists statements whose loss nobody can count beforehand. `places` are the names that
    both have when the statements begin, which an earlier migration may have changed; those whose
    rows it changed are left out.
    """

    tables: tuple[str, ...] = ()
    columns: tuple[Name, ...] = ()
    unknown: tuple[str, ...] = ()
    places: Mapping[Name, Name] = {}


def changes_nothing(operations: Sequence[Operation]) -> bool:
    """Whether an SQL text is empty, or only reads."""
    return all(_is_idle(operation) for operation in operations)


def _is_idle(operation: Operation) -> bool:
    if isinstance(operation, to.Opaque):
        what = operation.what.upper()
        calls = what.startswith("SELECT") and "(" in what  # a function may do anything
        return what.startswith(("SELECT", "/*")) and not calls
    return isinstance(operation, to.Harmless)


def named(operations: Sequence[Operation]) -> dict[Name, bool]:
    """Return the tables and columns that it names -> whether they exist afterwards."""
    known: dict[Name, bool] = {}
    for operation in operations:
        match operation:
            case to.CreateTable(table):
                known[table, ""] = True
            case to.DropTable(table):
                known = {name: value for name, value in known.items() if name[0] != table}
                known[table, ""] = False
            case to.RenameTable(table, new):
                known |= {
                    (new, column): value for (of, column), value in known.items() if of == table
                }
                known = {name: value for name, value in known.items() if name[0] != table}
                known[table, ""], known[new, ""] = False, True
            case to.AddColumn(table, column):
                known[table, column.name] = True
            case to.DropColumn(table, name):
                known[table, name] = False
            case to.RenameColumn(table, name, new):
                known[table, name], known[table, new] = False, True
    return known


def tells(operations: Sequence[Operation]) -> bool:
    """Whether a name that they end with shows that they ran: it was not so before."""
    before: dict[Name, bool] = {}
    for operation in operations:
        for (table, column), exists in _needed(operation):
            # a column of a table that makes way for another one of its name may have been there
            if not (column and not exists and before.get((table, ""))):
                before.setdefault((table, column), exists)
    return any(before.get(name, exists) != exists for name, exists in named(operations).items())


def _needed(operation: Operation) -> Iterator[tuple[Name, bool]]:
    """Yield the names that an operation makes (False: not there before it) or takes away."""
    match operation:
        case to.CreateTable(table):
            yield (table, ""), False
        case to.DropTable(table):
            yield (table, ""), True
        case to.RenameTable(table, new):
            yield (table, ""), True
            yield (new, ""), False
        case to.AddColumn(table, column):
            yield (table, column.name), False
        case to.DropColumn(table, name):
            yield (table, name), True
        case to.RenameColumn(table, name, new):
            yield (table, name), True
            yield (table, new), False


def only_takes_away(operations: Sequence[Operation]) -> bool:
    """Whether code that knows the result needs nothing of it: things are dropped or restricted."""
    return all(isinstance(operation, _TAKES_AWAY) for operation in operations)


def unfillable(operations: Sequence[Operation]) -> list[Name]:
    """Return columns that are added NOT NULL without a value: impossible where there are rows."""
    new = {operation.table for operation in operations if isinstance(operation, to.CreateTable)}
    return [
        (operation.table, operation.column.name)
        for operation in operations
        if isinstance(operation, to.AddColumn)
        and operation.column.not_null
        and not operation.column.filled
        and operation.table not in new
    ]


class Live:
    """The live tables while migrations are taken back: where the data of each column is now."""

    def __init__(self, columns: Sequence[Row]) -> None:
        self.tables: dict[str, dict[str, Name | None]] = {}
        self.written = set[str]()  # tables whose rows a statement changes
        for row in columns:
            table, name = row["table"], row["column"]
            self.tables.setdefault(table, {})[name] = (table, name)

    def apply(self, operations: Sequence[Operation]) -> Loss:
        """Take over what an SQL text does and return what it loses.

        A column that was copied into a table that is made anew is not lost.
        """
        before = {table: dict(columns) for table, columns in self.tables.items()}
        written = set(self.written)
        unknown = list(_uncountable(operations))
        for operation in operations:
            unknown += self._unseen(operation)
            self.follow(operation)
        gone = [name for name in _data(before) if name not in set(_data(self.tables))]
        kept = {of for of, column in _data(before) if (of, column) not in gone}
        tables = tuple(dict.fromkeys(of for of, _ in gone if of not in kept))
        columns = tuple(name for name in gone if name[0] not in tables)
        places = {name: at for name, at in _places(before, tables, columns) if at[0] not in written}
        return Loss(tables, columns, tuple(unknown), places)

    def _unseen(self, operation: Operation) -> Iterator[str]:
        """Yield what is dropped and was not read: another schema, or a name in other letters."""
        match operation:
            case to.DropTable(table) if table not in self.tables:
                yield f"drop of table {table}, which was not read"
            case to.DropColumn(table, name) if name not in self.tables.get(table, {}):
                yield f"drop of column {table}.{name}, which was not read"

    def follow(self, operation: Operation) -> None:
        """Take over what one operation does."""
        match operation:
            case to.CreateTable(table, columns) if table not in self.tables:
                self.tables[table] = {column.name: None for column in columns}
            case to.DropTable(table):
                self.tables.pop(table, None)
            case to.RenameTable(table, new):
                self.tables[new] = self.tables.pop(table, {})
                self.written |= {new} if table in self.written else set()
            case to.AddColumn(table, column):
                self.tables.setdefault(table, {})[column.name] = None
            case to.DropColumn(table, name):
                self.tables.get(table, {}).pop(name, None)
            case to.RenameColumn(table, name, new):
                columns_of = self.tables.setdefault(table, {})
                columns_of[new] = columns_of.pop(name, None)
            case to.Write():
                self.written.add(operation.table)
                self._copy(operation)

    def _copy(self, write: to.Write) -> None:
        """Take over an insert that fills new columns with every row of another table."""
        source, goal = self.tables.get(write.source, {}), self.tables.get(write.table, {})
        names = write.columns or tuple(goal)
        selected = tuple(source) if write.selected == ("*",) else write.selected
        if len(names) != len(selected):
            return
        for name, of in zip(names, selected, strict=True):
            if goal.get(name, ()) is None:
                goal[name] = source.get(of)


Tables = Mapping[str, Mapping[str, Name | None]]


def _data(tables: Tables) -> Iterator[Name]:
    for columns in tables.values():
        yield from (data for data in columns.values() if data)


def _places(
    tables: Tables, lost: Sequence[str], columns: Sequence[Name]
) -> Iterator[tuple[Name, Name]]:
    """Yield lost tables ("" as column) and columns with the names that they have now."""
    for table, now in tables.items():
        for column, data in now.items():
            if data and data in columns:
                yield data, (table, column)
            elif data and data[0] in lost:
                yield (data[0], ""), (table, "")


def _uncountable(operations: Sequence[Operation]) -> Iterator[str]:
    for operation in operations:
        match operation:
            case to.Write(statement, table) if statement in _DESTROYS:
                yield f"{statement} on {table}"
            case to.SetType(table, column):
                yield f"another type of {table}.{column}, which may cut values"
            case to.Drop(kind, name) if kind in _HOLD_DATA:
                yield f"drop of {kind} {name}"
            case to.Drop(kind, name, True) if kind not in _HOLD_NO_COLUMNS:
                yield f"drop of {kind} {name} and of the columns that use it"
            case to.Opaque(what) if not _is_idle(operation):
                yield what
