"""What a computed down leaves: it knows two schemas, not what the migrations between them did."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec import Struct

from rollback.reversal import effects
from rollback.verdicts import operations as to
from rollback.verdicts.operations import Operation
from rollback.verdicts.postgresql import repeats

Thing = tuple[str, ...]  # "column", table, name
_IN_A_SCHEMA = (
    to.AddLabel,
    to.DropDefault,
    to.DropNotNull,
    to.Harmless,
    to.SetDefault,
    to.SetNotNull,
    to.SetType,
    to.Write,  # see `rest`
)
_OF_A_COLUMN = (to.DropDefault, to.DropNotNull, to.SetDefault, to.SetNotNull, to.SetType)
_ENUM: Thing = ("enum",)  # a down makes it anew under another name, and changes its columns


class Net(Struct):
    """What a list of operations makes and drops, from its begin to its end."""

    made: dict[Thing, None]
    gone: dict[Thing, None]

    def apply(self, operation: Operation) -> None:
        for thing, is_made in _things(operation):
            first, other = (self.gone, self.made) if is_made else (self.made, self.gone)
            if thing in first:
                del first[thing]
            else:
                other[thing] = None


def net(operations: Sequence[Operation]) -> Net:
    changes = Net({}, {})
    for operation in operations:
        changes.apply(operation)
    return changes


def problem(up: Sequence[Operation], every: Net, down: Net) -> str:
    """Return why the down does not reverse this migration, or "".

    `every` is what all migrations that it reverses make and drop.
    """
    for operation in up:
        things = [thing for thing, _ in _things(operation)]
        known = isinstance(operation, _IN_A_SCHEMA) or effects.changes_nothing([operation])
        if not things and not known:
            return f"the schemas do not show {_told(operation)}"
        for thing in things:
            if thing in every.made and not _within(thing, operation, down.gone):
                return f"it makes {' '.join(thing)}, which the newer schema does not have"
            if thing in every.gone and not _within(thing, operation, down.made):
                return f"it drops {' '.join(thing)}, which the older schema does not have"
    return ""


def beyond(ups: Sequence[Operation], down: Sequence[Operation]) -> str:
    """Return what the down changes although none of these migrations touched it, or ""."""
    touched = {thing: None for operation in ups for thing in _touched(operation)}
    after = net(down)
    for operation in down:
        for thing in _changed(operation, after):
            if _within(thing, operation, touched):
                continue
            if thing in after.gone:
                return f"the down drops {' '.join(thing)}, which no migration of this release made"
            if thing in after.made:
                return f"the down makes {' '.join(thing)}, which no migration here dropped"
            return f"the down changes {' '.join(thing)}, which no migration of this release did"
    return ""


def _touched(operation: Operation) -> Iterator[Thing]:
    """Yield what an operation makes, drops or changes; columns of an enum go by `_ENUM`."""
    yield from (thing for thing, _ in _things(operation))
    match operation:
        case to.AddLabel() | to.Create("type") | to.Drop("type"):
            yield _ENUM
        case to.AddColumn(table, column) if column.restrictions:
            yield "constraints", table  # without names
        case _ if isinstance(operation, _OF_A_COLUMN):
            yield "column", operation.table, operation.column


def _changed(operation: Operation, after: Net) -> Iterator[Thing]:
    """Yield what an operation of a down leaves made, dropped or changed."""
    if isinstance(operation, _OF_A_COLUMN):
        yield "column", operation.table, operation.column
    for thing, _ in _things(operation):
        if thing in after.made or thing in after.gone:
            yield thing


def rest(up: Sequence[Operation], every: Net) -> Iterator[str]:
    """Yield writes to rows that were there before: they stay as they are."""
    for operation in up:
        if isinstance(operation, to.Write) and not _is_new(operation, every):
            yield f"{operation.statement} on {operation.table}, which stays"


def forward(up: str, every: Net) -> tuple[str, str]:
    """Return the SQL that a restore runs, and why there is none, or "".

    A write that stays and would do more a second time is left out.
    """
    statements = repeats.statements(up)
    kept = []
    for statement in statements:
        if statement.repeats or not any(rest(statement.operations, every)):
            kept.append(statement.text)
        elif len(statement.operations) > 1 or _fills_new(statement.operations[0], every):
            told = statement.text[:60].replace("\n", " ")
            return "", f"a restore would write what stays a second time: {told}"
    return (up if len(kept) == len(statements) else ";\n".join([*kept, ""])), ""


def _is_new(write: to.Write, every: Net) -> bool:
    """Whether it writes only what goes with the down: a new table, or new columns."""
    if ("table", write.table) in every.made:
        return True
    new = [("column", write.table, name) in every.made for name in write.columns]
    return bool(new) and all(new) and write.statement == "update"


def _fills_new(operation: Operation, every: Net) -> bool:
    """Whether an update fills new columns beside others."""
    return (
        isinstance(operation, to.Write)
        and operation.statement == "update"
        and any(("column", operation.table, name) in every.made for name in operation.columns)
    )


def _things(operation: Operation) -> Iterator[tuple[Thing, bool]]:
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
        case to.AddConstraint(_, _, name):
            yield ("constraint", name), True
        case to.DropConstraint(_, name):
            yield ("constraint", name), False
        case to.CreateIndex(name):
            yield ("index", name), True
        case to.DropIndex(name):
            yield ("index", name), False
        case to.Create("type", name):
            yield ("type", name), True
        case to.Drop("type", name):
            yield ("type", name), False


def _within(thing: Thing, operation: Operation, things: dict[Thing, None]) -> bool:
    """Whether it is among these, by itself or with its table or columns."""
    table = getattr(operation, "table", "")
    columns = getattr(operation, "columns", ())
    whole: list[Thing] = [("table", table)]
    if isinstance(operation, _OF_A_COLUMN) or thing[0] == "type":
        whole.append(_ENUM)
    if isinstance(operation, to.DropConstraint):
        whole.append(("constraints", table))
    if isinstance(operation, to.AddConstraint | to.CreateIndex):
        whole += [("column", table, str(name)) for name in columns]
    return thing in things or any(part in things for part in whole)


def _told(operation: Operation) -> str:
    match operation:
        case to.Opaque(what):
            return what[:80]
        case to.RenameTable(table, new):
            return f"that {table} becomes {new}"
        case to.RenameColumn(table, name, new):
            return f"that {table}.{name} becomes {new}"
        case to.Create(kind, name) | to.Drop(kind, name) | to.Replace(kind, name):
            return f"the {kind} {name}"
    return f"what {type(operation).__name__} does"
