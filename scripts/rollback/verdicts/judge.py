"""Judge the operations of one release: what would the old code meet?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from copy import deepcopy

from rollback.verdicts import operations as to
from rollback.verdicts.operations import Column, Operation
from rollback.verdicts.rules import RULES, Judgement
from rollback.verdicts.schema import Schema


def judge(migrations: Sequence[Sequence[Operation]], before: Schema) -> list[list[Judgement]]:
    """Return what each migration does to code that knows only `before`: its net effect.

    The migrations are those of one release, in the order in which they ran. A table, column or
    view that one of them creates and another one changes does not concern the old code.
    """
    change = _Change(before)
    return [change.migration(operations) for operations in migrations]


_PASSING_NULL = ("unique", "foreign key")
_DEMANDS = (to.SetNotNull, to.DropNotNull, to.SetDefault, to.DropDefault)


def _demands(table: str, old: Column, new: Column, before: Schema) -> Iterator[Judgement]:
    if new.not_null != old.not_null:
        change = to.SetNotNull if new.not_null else to.DropNotNull
        yield RULES[change](change(table, new.name), before)
    if old.filled and not new.filled and new.not_null:
        why = f"{table}.{new.name} has no default any more: INSERTs without it may fail"
        yield Judgement("tightened", why)


def _labels(enum: str, before: Schema, after: Schema) -> Iterator[Judgement]:
    old, new = before.enums[enum], after.enums[enum]
    for label in sorted(set(new) - set(old)):
        yield RULES[to.AddLabel](to.AddLabel(enum, label), before)
    if gone := sorted(set(old) - set(new)):
        why = f"enum {enum} has no value {gone[0]} any more: writes of the old code may be refused"
        yield Judgement("tightened", why)


class _Change:
    """The schema while the operations are read, and what was created by them."""

    def __init__(self, before: Schema) -> None:
        self.before = before
        self.schema = deepcopy(before)
        self.judgements: list[Judgement] = []
        self.new_tables: set[str] = set()
        self.new_columns: set[tuple[str, str]] = set()
        self.new_objects: set[str] = set()
        self.dropped: set[str] = set()  # views, functions, types...
        self.touched: set[tuple[str, str]] = set()  # columns, by the migration being read
        self.free: set[str] = set()  # names of old tables that were dropped or renamed

    def migration(self, operations: Sequence[Operation]) -> list[Judgement]:
        self.judgements = []
        self.touched = set()
        for operation in operations:
            judged = list(self._judged(operation))
            self.judgements += judged
            self._remember(operation)
            self.schema.apply(operation)
        made_anew = [*self._about_enums(operations), *self._about_made_anew()]
        return [*made_anew, *self.judgements, *self._new_demands(), *self._old_demands()]

    def _new_demands(self) -> Iterator[Judgement]:
        """Yield what the new columns of old tables demand at the end of a migration."""
        for table, name in sorted(self.new_columns & self.touched):
            column = self.schema.column(table, name)
            if column is not None and table not in self.new_tables:
                yield RULES[to.AddColumn](to.AddColumn(table, column), self.schema)

    def _old_demands(self) -> Iterator[Judgement]:
        """Yield what old columns demand at the end of a migration, unlike before it all."""
        for table, name in sorted(self.touched - self.new_columns):
            old, new = self.before.column(table, name), self.schema.column(table, name)
            if old is not None and new is not None:
                yield from _demands(table, old, new, self.before)

    def _judged(self, operation: Operation) -> Iterator[Judgement]:
        if isinstance(operation, to.AddColumn) or self._is_about_new(operation):
            return
        if isinstance(operation, _DEMANDS) and self._knows(operation.table, operation.column):
            return
        if isinstance(operation, to.Create) and operation.name in self.free:
            why = f"{operation.name} is a {operation.kind} now: whether it takes writes is unknown"
            self._forget(operation.name)
            yield Judgement("unknown", why, operation.name)
        elif isinstance(operation, to.Create) and operation.name in self.dropped:
            self._forget(operation.name)
            why = f"{operation.kind} {operation.name} is made anew, maybe in another way"
            yield Judgement("unknown", why, operation.name)
        elif rule := RULES.get(type(operation)):
            yield rule(operation, self.schema)

    def _knows(self, table: str, column: str) -> bool:
        """Whether this column is known before and now, so that only the difference counts."""
        return bool(self.before.column(table, column) and self.schema.column(table, column))

    def _is_about_new(self, operation: Operation) -> bool:
        if isinstance(operation, to.CreateTable):
            return False
        table = getattr(operation, "table", None)
        if isinstance(operation, to.AddConstraint | to.CreateIndex):
            return (
                table in self.new_tables
                or operation.name in self.new_objects
                or self._lets_old_rows_pass(operation)
            )
        columns = getattr(operation, "columns", None) or (getattr(operation, "column", None),)
        if table in self.new_tables or self.new_columns.issuperset(
            (table, column) for column in columns
        ):
            return True
        return getattr(operation, "name", None) in self.new_objects

    def _lets_old_rows_pass(self, operation: to.AddConstraint | to.CreateIndex) -> bool:
        """Whether a column of this constraint is NULL in all rows that the old code writes."""
        if isinstance(operation, to.AddConstraint) and operation.kind not in _PASSING_NULL:
            return False
        added = [name for name in operation.columns if (operation.table, name) in self.new_columns]
        columns = [self.schema.column(operation.table, name) for name in added]
        return any(column is not None and not column.filled for column in columns)

    def _remember(self, operation: Operation) -> None:
        if isinstance(name := getattr(operation, "column", None), str):
            self.touched.add((getattr(operation, "table", ""), name))
        match operation:
            case to.CreateTable(table, _, constraints):
                self.new_tables.add(table)
                self.new_objects.update(constraint.name for constraint in constraints)
            case to.AddColumn(table, column):
                self.new_columns.add((table, column.name))
                self.touched.add((table, column.name))
            case to.RenameTable(table, new):
                self._rename(table, new)
            case to.DropTable(table):
                self._free(table)
            case to.RenameColumn(table, name, new) if (table, name) in self.new_columns:
                self.new_columns.add((table, new))
                self.touched.add((table, new))
            case to.CreateIndex(name) | to.Create(_, name) | to.Rename("type", _, name):
                self.new_objects.add(name)
            case to.Drop(_, name):
                self.dropped.add(name)
            case to.AddConstraint(_, _, name) if name:
                self.new_objects.add(name)

    def _rename(self, table: str, new: str) -> None:
        if table in self.new_tables:
            self.new_tables.add(new)
        self._free(table)

    def _free(self, table: str) -> None:
        if table in self.new_tables:
            self.new_tables.remove(table)
        else:
            self.free.add(table)

    def _forget(self, name: str) -> None:
        self.judgements = [it for it in self.judgements if not it.is_about(name)]

    def _about_enums(self, operations: Sequence[Operation]) -> list[Judgement]:
        """Return what differs in enums that were made anew under their names.

        PostgreSQL takes no value away from one, and older versions add none in a transaction.
        """
        judgements: list[Judgement] = []
        for table, name in self.touched:
            old, new = self.before.column(table, name), self.schema.column(table, name)
            if old and new and old.type == new.type:
                self._forget(f"{table}.{name}")
        names = {it.name for it in operations if isinstance(it, to.Drop | to.Rename)}
        for enum in sorted(names & self.before.enums.keys() & self.schema.enums.keys()):
            if self.before.columns_of(enum) <= self.schema.columns_of(enum):
                self._forget(enum)
                judgements += _labels(enum, self.before, self.schema)
        return judgements

    def _about_made_anew(self) -> list[Judgement]:
        """Return what differs in tables that were made anew under their old names.

        SQLite changes a table by copying it, dropping it and renaming the copy.
        """
        judgements: list[Judgement] = []
        for table in sorted(self.free & self.new_tables):
            self._forget(table)
            if table not in self.before.tables:
                why = f"{table} was made anew; how it was before is not known"
                judgements.append(Judgement("unknown", why, table))
                continue
            differences = self.before.differences(self.schema, table)
            judgements += [RULES[type(it)](it, self.before) for it in differences]
        return judgements
