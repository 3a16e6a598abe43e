"""What the migrations of a release demand of rows that the old code writes."""

from __future__ import annotations

from collections.abc import Iterable
from copy import deepcopy

from rollback.verdicts import operations as to
from rollback.verdicts.operations import Operation
from rollback.verdicts.schema import Schema
from rollback.verdicts.types import is_wider

Wanted = tuple[str, str, str, tuple[str, ...]]  # table, kind, name or "", columns
# what takes nothing from code that knows only the older release's files
_MILD = (
    to.Harmless, to.Write, to.Create, to.Replace, to.DropNotNull, to.SetDefault, to.CreateTable,
)  # fmt: skip
_PASSING_NULL = ("unique", "foreign key")


def is_given(name: str, columns: tuple[str, ...]) -> bool:
    """Whether the file says the name: MySQL calls an index after its first column, or email_2."""
    return bool(name) and name != next(iter(columns), "")


def wanted(operations: Iterable[Operation], older: Schema) -> list[Wanted] | None:
    """Return what the migrations of a release demand of tables that were there before.

    None where one of them has no statement that only takes it away, or took the place of something
    that the old code knows: without it nothing would be there.
    """
    release = _Release(list(operations), older)
    every: list[Wanted] = []
    for operation in release.operations:
        demands = release.demands(operation)
        if demands is None:
            return None
        every += demands
        release.now.apply(operation)
    return every


class _Release:
    """The schema while its operations are read, and what is new."""

    def __init__(self, operations: list[Operation], older: Schema) -> None:
        self.operations, self.older, self.now = operations, older, deepcopy(older)
        self.tables: set[str] = set()  # new ones
        filled = {(it.table, it.column) for it in operations if isinstance(it, to.SetDefault)}
        added = [it for it in operations if isinstance(it, to.AddColumn)]
        # NULL in every row that the old code writes
        self.free = {(it.table, it.column.name) for it in added if not it.column.filled} - filled
        created = [it for it in operations if isinstance(it, to.Create)]
        self.domains = {it.name for it in created if it.kind == "domain"}

    def demands(self, operation: Operation) -> list[Wanted] | None:
        """Return what one of them demands."""
        match operation:
            case to.CreateTable(table):
                self.tables.add(table)
                return None if table in self.older.tables else []
            case to.RenameTable(table, new) if table in self.tables:
                self.tables.add(new)
            case to.DropIndex(name, "") if self._tables_of(name) - self.tables:
                return None
        if getattr(operation, "table", "") in self.tables or isinstance(operation, _MILD):
            return []
        if isinstance(operation, to.DropIndex):
            return [] if not operation.table and self._tables_of(operation.name) else None
        return self._of_old_table(operation)

    def _tables_of(self, index: str) -> set[str]:
        return {table for table, name in self.now.indexes if name == index}

    def _of_old_table(self, operation: Operation) -> list[Wanted] | None:
        match operation:
            case to.SetNotNull(table, column):
                was = self.older.column(table, column)
                return [] if was and was.not_null else [(table, "not null", column, (column,))]
            case to.SetType(table, column, type):
                # MODIFY of MySQL says type and default anew, also where only NOT NULL is new
                known = self.now.column(table, column)
                return [] if known and is_wider(known.type, type) else None
            case to.DropDefault(table, column):
                known = self.now.column(table, column)
                return [] if known and not known.filled else None
            case to.AddColumn(table, column):
                return self._of_column(table, column)
            case to.AddConstraint(table, kind, name, columns):
                # those of a CHECK are any that it mentions
                return self._of_constraint((table, kind, name, () if kind == "check" else columns))
            case to.CreateIndex(name, table, unique, columns):
                return self._of_constraint((table, "unique index", name, columns)) if unique else []
        return None

    def _of_column(self, table: str, column: to.Column) -> list[Wanted] | None:
        if self.older.column(table, column.name) or column.type in self.domains:
            return None
        if {*column.restrictions} - {*_PASSING_NULL} or (column.filled and column.restrictions):
            return None
        demanded = column.not_null and not column.filled
        return [(table, "not null", column.name, (column.name,))] if demanded else []

    def _of_constraint(self, wanted: Wanted) -> list[Wanted] | None:
        table, kind, name, columns = wanted
        if kind == "primary key":
            return None
        plain = kind.removesuffix(" index")
        if plain in _PASSING_NULL and any((table, each) in self.free for each in columns):
            return []
        given = is_given(name, columns)
        if given and (table, name) in {*self.older.indexes, *self.older.constraints}:
            return None
        known = [self.older.column(table, each) for each in columns]
        if not given and any(plain in each.restrictions for each in known if each):
            return None  # the older one has no name, either: which of the two would it be?
        return [wanted]
