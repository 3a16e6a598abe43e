"""What a list of operations comes to: what it makes, drops, makes anew and changes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from msgspec import Struct

from rollback.verdicts import operations as to
from rollback.verdicts.operations import Operation

Thing = tuple[str, ...]  # "column", table, name; or a property: "NOT NULL", table, column
_RENAMED = re.compile(r"renames (\w+ (?:.*\.)?)(.+) to (.+)", re.DOTALL)
OF_A_COLUMN = (to.DropDefault, to.DropNotNull, to.SetDefault, to.SetNotNull, to.SetType)


class Net(Struct):
    """From the begin to the end: `anew` is there at both, but was dropped; `passing` at neither.

    `changed` lists what was done to properties of columns and to enums; `types` those that a column
    gets one after the other, and whether rows need no cast to it.
    """

    made: dict[Thing, None] = {}
    gone: dict[Thing, None] = {}
    anew: dict[Thing, None] = {}
    passing: dict[Thing, None] = {}
    changed: dict[Thing, list[Operation]] = {}
    types: dict[Thing, list[tuple[str, bool]]] = {}

    def apply(self, operation: Operation) -> None:
        for thing, is_made in things(operation):
            if is_made:
                (self.anew if thing in self.gone else self.made)[thing] = None
                self.gone.pop(thing, None)
            else:
                (self.passing if thing in self.made else self.gone)[thing] = None
                self.made.pop(thing, None)
                self.anew.pop(thing, None)
        for thing in properties(operation):
            self.changed.setdefault(thing, []).append(operation)
        self._follow_types(operation)

    def _follow_types(self, operation: Operation) -> None:
        match operation:
            case to.CreateTable(table, columns):
                for column in columns:
                    self.types["column", table, column.name] = [(column.type, True)]
            case to.AddColumn(table, column):
                self.types["column", table, column.name] = [(column.type, True)]
            case to.SetType(table, column, type, using=using):
                self.types.setdefault(("column", table, column), []).append((type, using))
            case to.Rename("type", name, new):
                for steps in self.types.values():
                    steps[:] = [(new if type == name else type, free) for type, free in steps]

    def touches(self, thing: Thing) -> bool:
        """Whether it was made or dropped, however it ends."""
        return any(thing in every for every in (self.made, self.gone, self.anew, self.passing))


def net(operations: Sequence[Operation]) -> Net:
    changes = Net()
    for operation in operations:
        changes.apply(operation)
    return changes


def things(operation: Operation) -> Iterator[tuple[Thing, bool]]:
    """Yield what an operation makes (True) or drops, by kind, table and name."""
    match operation:
        case to.CreateTable(table):
            yield ("table", table), True
        case to.DropTable(table):
            yield ("table", table), False
        case to.AddColumn(table, column):
            yield ("column", table, column.name), True
        case to.DropColumn(table, name):
            yield ("column", table, name), False
        case to.AddConstraint(table, _, name):
            yield ("constraint", table, name), True
        case to.DropConstraint(table, name):
            yield ("constraint", table, name), False
        case to.CreateIndex(name):
            yield ("index", name), True
        case to.DropIndex(name):
            yield ("index", name), False
        case to.Create("type", name):
            yield ("type", name), True
        case to.Drop("type", name):
            yield ("type", name), False
        case to.Rename("type", name, new):
            yield ("type", name), False
            yield ("type", new), True


def properties(operation: Operation) -> Iterator[Thing]:
    """Yield what an operation changes of something that was there before."""
    match operation:
        case to.SetNotNull(table, column) | to.DropNotNull(table, column):
            yield "NOT NULL", table, column
        case to.SetDefault(table, column) | to.DropDefault(table, column):
            yield "default", table, column
        case to.SetType(table, column):
            yield "type of column", table, column
        case to.AddLabel(type):
            yield "enum", type
        case to.Create("type", name) | to.Drop("type", name) | to.Rename("type", name):
            yield "enum", name
        case to.Harmless(what) if match := _RENAMED.fullmatch(what):
            yield "name of", match[1], *sorted(match.groups()[1:])  # the same back again
