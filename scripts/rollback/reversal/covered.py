"""What a computed down leaves: it knows two schemas, not what the migrations between them did."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rollback.reversal import effects
from rollback.reversal.net import OF_A_COLUMN, Net, Thing, net, properties, things
from rollback.verdicts import operations as to
from rollback.verdicts.operations import Operation

_IN_A_SCHEMA = (*OF_A_COLUMN, to.AddLabel, to.Harmless)
_ENUM: Thing = ("enum",)  # a down makes it anew under another name, and changes its columns


def problem(up: Sequence[Operation], every: Net, down: Net) -> str:
    """Return why the down does not reverse this migration, or "".

    `every` is what all migrations that it reverses come to.
    """
    return next((why for operation in up for why in _left(operation, every, down)), "")


def _left(operation: Operation, every: Net, down: Net) -> Iterator[str]:
    """Yield what the down leaves of an operation."""
    known = isinstance(operation, _IN_A_SCHEMA) or effects.changes_nothing([operation])
    if not any(things(operation)) and not known and not _goes_with_table(operation, every):
        yield f"the schemas do not show {_told(operation)}"
    if _is_of_new(operation, every):
        return
    for thing, _ in things(operation):
        name = " ".join(thing)
        if thing in every.anew and not _is_made_anew(thing, operation, down):
            yield f"it makes {name} anew, and the schemas do not show how it was"
        if thing in every.made and not _within(thing, operation, down.gone, down.anew):
            yield f"it makes {name}, which the newer schema does not have"
        if thing in every.gone and not _within(thing, operation, down.made, down.anew):
            yield f"it drops {name}, which the older schema does not have"
    for part in properties(operation):
        if not _comes_back(part, every, down):
            yield f"the schemas do not show {_told(operation)}"
    match operation:
        case to.SetType(table, name) | to.AddColumn(table, to.Column(name)):
            yield from _uncast(("column", table, name), every, down)


def _goes_with_table(operation: Operation, every: Net) -> bool:
    """Whether it needs no down: rows, see `rest`, and what refuses rows of a new table."""
    is_of_new = isinstance(operation, to.Restrict) and _is_of_new(operation, every)
    return is_of_new or isinstance(operation, to.Write)


def _is_of_new(operation: Operation, every: Net) -> bool:
    """Whether it is about a table that the down drops, or that went before the end."""
    table = ("table", getattr(operation, "table", ""))
    is_own = isinstance(operation, to.CreateTable | to.DropTable)
    return not is_own and (table in every.made or table in every.passing)


def _is_made_anew(thing: Thing, operation: Operation, down: Net) -> bool:
    """Whether the down makes again, too, what the migrations dropped and made under its name."""
    kind, *names = thing
    if kind == "type" and ("enum", *names) in down.changed:
        return True
    if kind == "column" and ("type of column", *names) in down.changed:
        return True
    table = ("table", getattr(operation, "table", ""))
    return any(it in every for it in (thing, table) for every in (down.made, down.anew))


def _comes_back(part: Thing, every: Net, down: Net) -> bool:
    """Whether a property of a column, or an enum, is again as it was before."""
    kind, *names = part
    done = down.changed.get(part, [])
    if kind == "enum":  # no statement takes a value out of it
        makes_anew = any(not isinstance(operation, to.AddLabel) for operation in done)
        return makes_anew or every.touches(("type", *names))
    owners: list[Thing] = [("table", names[0]), ("column", *names)] if len(names) == 2 else []
    if done or any(every.touches(it) or down.touches(it) for it in owners):
        return True
    if kind in ("type of column", "default") and _is_again(tuple(names), every, down):
        return True
    first, *_, last = [*every.changed[part], every.changed[part][-1]]
    return kind == "NOT NULL" and type(first) is not type(last)


def _is_again(column: Thing, every: Net, down: Net) -> bool:
    """Whether it left its enum only while that was made anew, and the down changes that enum."""
    types = every.types.get(("column", *column), [("", True)])
    enum = types[-1][0]
    return ("type", enum) in every.anew and ("enum", enum) in down.changed


def _uncast(column: Thing, every: Net, down: Net) -> Iterator[str]:
    """Yield why PostgreSQL refuses another type that the down gives to a column."""
    from rollback.verdicts.postgresql import casts

    type, _ = every.types[column][-1]
    for after, needs_none in down.types.get(column, ()):
        if not needs_none and not casts.assignable(type, after):
            what = " ".join(column)
            yield f"the down makes {after} of {type} in {what} without USING: that cannot run"
        type = after


def beyond(ups: Sequence[Operation], down: Sequence[Operation]) -> str:
    """Return what the down changes although none of these migrations touched it, or ""."""
    touched = {thing: None for operation in ups for thing in _touched(operation)}
    after = net(down)
    for operation in down:
        if not _is_of_schema(operation) and not _within((), operation, touched):
            return f"no migration of this release did {_told(operation)}, which the down does"
        for thing in _changed(operation, after):
            if _within(thing, operation, touched):
                continue
            if thing in after.gone:
                return f"the down drops {' '.join(thing)}, which no migration of this release made"
            if thing in after.made:
                return f"the down makes {' '.join(thing)}, which no migration here dropped"
            return f"the down changes {' '.join(thing)}, which no migration of this release did"
    return ""


def _is_of_schema(operation: Operation) -> bool:
    return isinstance(operation, _IN_A_SCHEMA) or any(things(operation))


def _touched(operation: Operation) -> Iterator[Thing]:
    """Yield what an operation makes, drops or changes; columns of an enum go by `_ENUM`."""
    yield from (thing for thing, _ in things(operation))
    yield from properties(operation)
    match operation:
        case to.AddLabel() | to.Create("type") | to.Drop("type") | to.Rename("type"):
            yield _ENUM
        case to.AddColumn(table, column) if column.restrictions:
            yield "constraints", table  # without names
        case _ if isinstance(operation, OF_A_COLUMN):
            yield "column", operation.table, operation.column


def _changed(operation: Operation, after: Net) -> Iterator[Thing]:
    """Yield what an operation of a down leaves made, dropped or changed."""
    if isinstance(operation, OF_A_COLUMN):
        yield "column", operation.table, operation.column
    if isinstance(operation, to.AddLabel):
        yield "enum", operation.type
    if isinstance(operation, to.Harmless):
        yield from properties(operation)
    for thing, is_made in things(operation):
        if thing in after.made or thing in after.gone or (is_made and thing in after.anew):
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
    from rollback.verdicts.postgresql import repeats

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


def _within(thing: Thing, operation: Operation, *among: Mapping[Thing, Any]) -> bool:
    """Whether it is among these, by itself or with its table or columns."""
    table = getattr(operation, "table", "")
    columns = getattr(operation, "columns", ())
    whole: list[Thing] = [thing, ("table", table)]
    if isinstance(operation, OF_A_COLUMN) or thing[:1] == ("type",):
        whole.append(_ENUM)
    if isinstance(operation, to.DropConstraint):
        whole.append(("constraints", table))
    if isinstance(operation, to.AddConstraint | to.CreateIndex):
        whole += [("column", table, str(name)) for name in columns]
    return any(part in every for part in whole for every in among)


def _told(operation: Operation) -> str:
    match operation:
        case to.Opaque(what) | to.Restrict(what) | to.Unguard(what) | to.Harmless(what):
            return what[:80]
        case to.RenameTable(table, new):
            return f"that {table} becomes {new}"
        case to.RenameColumn(table, name, new) | to.SetType(table, name, new):
            return f"that {table}.{name} becomes {new}"
        case to.SetNotNull(table, name):
            return f"that {table}.{name} becomes NOT NULL"
        case to.DropNotNull(table, name):
            return f"that {table}.{name} may be NULL"
        case to.SetDefault(table, name) | to.DropDefault(table, name):
            return f"another default of {table}.{name}"
        case to.AddLabel(enum, label):
            return f"the value {label} of {enum}"
        case to.Create(kind, name) | to.Drop(kind, name) | to.Replace(kind, name):
            return f"the {kind} {name}"
    return f"what {type(operation).__name__} does"
