"""What the earlier migrations left: the tables and columns that the old code knows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec.structs import replace

from rollback.verdicts import operations as to
from rollback.verdicts.operations import Column, Constraint, Operation


class Schema:
    """Tables, indexes and constraints, as far as the statements read so far tell.

    What it does not hold may exist all the same: other tools and people make tables, too.
    """

    def __init__(self, statements: Iterable[Operation] = ()) -> None:
        self.tables: dict[str, dict[str, Column]] = {}
        self.indexes: dict[tuple[str, str], bool] = {}  # (table, name) -> unique
        self.constraints: dict[tuple[str, str], Constraint] = {}  # (table, name) -> kind
        self.enums: dict[str, tuple[str, ...]] = {}  # type -> labels
        for operation in statements:
            self.apply(operation)

    def column(self, table: str, name: str) -> Column | None:
        return self.tables.get(table, {}).get(name)

    def columns_of(self, type: str) -> set[tuple[str, str]]:
        """Return the columns that have this type, as (table, name)."""
        return {
            (table, name)
            for table, columns in self.tables.items()
            for name, column in columns.items()
            if column.type == type
        }

    def is_unique(self, name: str, table: str = "") -> bool | None:
        """Return whether this index is unique; None where it is not known or not the only one."""
        answers = {self.indexes[key] for key in self._indexes(name, table)}
        return answers.pop() if len(answers) == 1 else None

    def _indexes(self, name: str, table: str) -> list[tuple[str, str]]:
        return [key for key in self.indexes if key[1] == name and table in ("", key[0])]

    def constraint(self, table: str, name: str) -> str:
        """Return the kind of a constraint, "" where it is not known."""
        unique = "unique" if self.is_unique(name, table) else ""
        return self.constraints.get((table, name), unique)

    def differences(self, after: Schema, table: str) -> Iterator[Operation]:
        """Yield what would have to be done to this table to get that of `after`."""
        old, new = self.tables[table], after.tables[table]
        for name in old.keys() - new.keys():
            yield to.DropColumn(table, name)
        for name in new.keys() - old.keys():
            yield to.AddColumn(table, new[name])
        for name in old.keys() & new.keys():
            yield from _of_column(table, old[name], new[name])

    def made_twice(self, operation: Operation) -> str:
        """Return the table or column that a statement makes and that exists, "" without any."""
        match operation:
            case to.CreateTable(table) if table in self.tables:
                return table
            case to.AddColumn(table, column) if self.column(table, column.name):
                return f"{table}.{column.name}"
        return ""

    def apply(self, operation: Operation) -> None:
        """Take over what a statement did."""
        match operation:
            case to.CreateTable(table, columns, constraints):
                self.tables[table] = {column.name: column for column in columns}
                for constraint in constraints:
                    self.apply(constraint)
            case to.AddConstraint(table, kind, name):
                self.constraints[table, name] = kind
            case to.DropConstraint(table, name):
                self.constraints.pop((table, name), None)
            case to.DropTable(table):
                self.tables.pop(table, None)
            case to.RenameTable(table, new):
                self.tables[new] = self.tables.pop(table, {})
            case to.AddColumn(table, column):
                self.tables.setdefault(table, {})[column.name] = column
            case to.DropColumn(table, name):
                self.tables.get(table, {}).pop(name, None)
            case to.RenameColumn(table, name, new):
                columns_of = self.tables.setdefault(table, {})
                columns_of[new] = replace(columns_of.pop(name, Column(name)), name=new)
            case to.CreateIndex(name, table, unique):
                self.indexes[table, name] = unique
            case to.DropIndex(name, table):
                for key in self._indexes(name, table):
                    del self.indexes[key]
            case to.Create("type", name, labels) if labels:
                self.enums[name] = labels
            case to.AddLabel(name, label) if name in self.enums:
                self.enums[name] += (label,)
            case to.Rename("type", name, new):
                self._rename_type(name, new)
            case to.Drop("type", name) | to.Rename("label of", name):
                self.enums.pop(name, None)
            case _:
                self._change_column(operation)

    def _rename_type(self, type: str, new: str) -> None:
        if labels := self.enums.pop(type, None):
            self.enums[new] = labels
        for table, name in self.columns_of(type):
            self._set(table, name, type=new)

    def _change_column(self, operation: Operation) -> None:
        match operation:
            case to.SetType(table, name, type):
                self._set(table, name, type=type)
            case to.SetNotNull(table, name):
                self._set(table, name, not_null=True)
            case to.DropNotNull(table, name):
                self._set(table, name, not_null=False)
            case to.SetDefault(table, name):
                self._set(table, name, filled=True)
            case to.DropDefault(table, name):
                self._set(table, name, filled=False)

    def _set(self, table: str, name: str, **fields: object) -> None:
        if column := self.column(table, name):
            self.tables[table][name] = replace(column, **fields)


def _of_column(table: str, old: Column, new: Column) -> Iterator[Operation]:
    if old.type != new.type:
        yield to.SetType(table, new.name, new.type)
    if old.not_null != new.not_null:
        yield (to.SetNotNull if new.not_null else to.DropNotNull)(table, new.name)
    if old.filled and not new.filled:
        yield to.DropDefault(table, new.name)
    for kind in set(new.restrictions) - set(old.restrictions):
        yield to.AddConstraint(table, kind)
