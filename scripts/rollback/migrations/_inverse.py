"""The opposite of what an operation does: for tools that derive a down from the way forward."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from rollback.verdicts import operations as to
from rollback.verdicts.operations import Column, Operation

Known = Callable[[str, str], Column | None]  # table and column -> the column before it was dropped


def inverse(operations: Iterable[Operation], known: Known) -> Iterator[Operation]:
    """Yield the opposites, last operation first. What has none is `Opaque`."""
    for operation in reversed(list(operations)):
        yield from _simple(operation) or _column(operation, known) or _object(operation)


def _simple(operation: Operation) -> list[Operation]:
    match operation:
        case to.CreateTable(table):
            return [to.DropTable(table)]
        case to.DropTable(table):
            return [to.CreateTable(table)]
        case to.RenameTable(table, new):
            return [to.RenameTable(new, table)]
        case to.AddConstraint(table, kind, name):
            return [to.DropConstraint(table, name, kind)]
        case to.CreateIndex(name, table):
            return [to.DropIndex(name, table)]
        case to.DropIndex(name, table):
            return [to.CreateIndex(name, table, unique=False)]
        case to.Harmless() | to.Opaque():
            return [operation]
    return []


def _column(operation: Operation, known: Known) -> list[Operation]:
    match operation:
        case to.AddColumn(table, column):
            return [to.DropColumn(table, column.name)]
        case to.DropColumn(table, name):
            return [to.AddColumn(table, known(table, name) or Column(name))]
        case to.RenameColumn(table, name, new):
            return [to.RenameColumn(table, new, name)]
        case to.SetType(table, name, type, before):
            return [to.SetType(table, name, before, type)]
        case to.SetNotNull(table, name):
            return [to.DropNotNull(table, name)]
        case to.DropNotNull(table, name):
            return [to.SetNotNull(table, name)]
        case to.SetDefault(table, name):
            return [to.DropDefault(table, name)]
        case to.DropDefault(table, name):
            return [to.SetDefault(table, name)]
    return []


def _object(operation: Operation) -> list[Operation]:
    match operation:
        case to.Create(kind, name):
            return [to.Drop(kind, name)]
        case to.Drop(kind, name):
            return [to.Create(kind, name)]
        case to.DropConstraint(table, name, kind):
            restriction = _KINDS.get(kind)
            return [to.AddConstraint(table, restriction, name)] if restriction else [_unknown(name)]
    return [_unknown(type(operation).__name__)]


def _unknown(what: str) -> Operation:
    return to.Opaque(f"the reverse of {what}")


_KINDS: dict[str, to.Constraint] = {
    "check": "check",
    "exclusion": "exclusion",
    "foreign key": "foreign key",
    "primary key": "primary key",
    "unique": "unique",
}
