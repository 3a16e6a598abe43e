"""What each operation means for code that knows only the schema before it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from msgspec import Struct

from rollback.model import SchemaVerdict
from rollback.verdicts import operations as to
from rollback.verdicts.schema import Schema
from rollback.verdicts.types import family, is_wider

_UPSERTS = "upserts (ON CONFLICT, ON DUPLICATE KEY) of the old code fail or add rows twice"
MILDEST_FIRST: tuple[SchemaVerdict, ...] = ("expand", "data", "tightened", "unknown", "contract")


class Judgement(Struct, frozen=True):
    """`why` says in one line what the old code would meet; `subject` is the table, type or column
    it is about.
    """

    verdict: SchemaVerdict
    why: str
    subject: str = ""

    def is_about(self, name: str) -> bool:
        return self.subject == name


def worst(judgements: Sequence[Judgement]) -> Judgement:
    """Return the judgement that decides; nothing to judge is an expand."""
    if not judgements:
        return Judgement("expand", "changes nothing that the old code uses")
    return max(judgements, key=lambda judgement: MILDEST_FIRST.index(judgement.verdict))


def _add_column(operation: to.AddColumn, schema: Schema) -> Judgement:
    name = f"{operation.table}.{operation.column.name}"
    column = operation.column
    if column.not_null and not column.filled:
        why = f"{name} is NOT NULL without a default: INSERTs of the old code fail"
        return Judgement("tightened", why)
    if column.filled and column.restrictions and "unique" in column.restrictions:
        why = f"{name} is unique and has a default: the second INSERT of the old code may fail"
        return Judgement("tightened", why)
    if "check" in column.restrictions:
        why = f"{name} comes with a CHECK that may refuse writes of the old code"
        return Judgement("tightened", why)
    filling = "fills itself" if column.filled else "may stay empty"
    return Judgement("expand", f"{name} is new and {filling}")


def _set_type(operation: to.SetType, schema: Schema) -> Judgement:
    name = f"{operation.table}.{operation.column}"
    column = schema.column(operation.table, operation.column)
    before = (column.type if column else "") or operation.before
    if not operation.type:
        return Judgement("unknown", f"{name} becomes a type that is not known")
    if not before:
        why = f"{name} becomes {operation.type}; what it was before is not known"
        return Judgement("unknown", why)
    change = f"{name} changes from {before} to {operation.type}"
    if is_wider(before, operation.type):
        return Judgement("expand", f"{change}: every old value still fits")
    if family(before) == family(operation.type):
        return Judgement("tightened", f"{change}: what the old code writes may not fit")
    why = f"{change}: the old code reads and writes another type"
    return Judgement("contract", why, name)


def _set_not_null(operation: to.SetNotNull, schema: Schema) -> Judgement:
    column = schema.column(operation.table, operation.column)
    name = f"{operation.table}.{operation.column}"
    if column and column.not_null:
        return Judgement("expand", f"{name} refuses NULL as before")
    return Judgement("tightened", f"{name} refuses NULL: writes of the old code may fail")


def _drop_default(operation: to.DropDefault, schema: Schema) -> Judgement:
    column = schema.column(operation.table, operation.column)
    name = f"{operation.table}.{operation.column}"
    if column and not column.filled:
        return Judgement("expand", f"{name} has no default, as before")
    if column and not column.not_null:
        return Judgement("expand", f"{name} has no default any more, and may stay empty")
    return Judgement("tightened", f"{name} has no default any more: INSERTs without it may fail")


def _drop_index(operation: to.DropIndex, schema: Schema) -> Judgement:
    unique = schema.is_unique(operation.name, operation.table)
    if unique:
        why = f"unique index {operation.name} is gone: {_UPSERTS}"
        return Judgement("contract", why)
    if unique is None:
        why = f"index {operation.name} is gone; whether it was unique is not known"
        return Judgement("unknown", why)
    return Judgement("expand", f"index {operation.name} is gone: slower, not broken")


def _drop_constraint(operation: to.DropConstraint, schema: Schema) -> Judgement:
    name = f"constraint {operation.name} of {operation.table}".replace("  ", " ")
    known = schema.constraint(operation.table, operation.name)
    kind = operation.kind or known or _kind_by_name(operation.name)
    if kind in ("unique", "primary key"):
        why = f"{name} is gone: {_UPSERTS}"
        return Judgement("contract", why)
    if kind:
        return Judgement("expand", f"{name} is gone: less is demanded")
    why = f"{name} is gone; if it was unique, {_UPSERTS}"
    return Judgement("unknown", why)


def _kind_by_name(name: str) -> str:
    """Return the kind that PostgreSQL's default names end with."""
    kinds = {"_fkey": "foreign key", "_check": "check", "_key": "unique", "_pkey": "primary key"}
    return next((kind for end, kind in kinds.items() if name.endswith(end)), "")


def _replace(operation: to.Replace, schema: Schema) -> Judgement:
    if operation.kind == "view":
        why = f"view {operation.name} is defined anew: same columns, maybe other rows"
        return Judgement("data", why)
    return Judgement("unknown", f"{operation.kind} {operation.name} is defined anew")


def _create_index(operation: to.CreateIndex, schema: Schema) -> Judgement:
    if operation.unique:
        why = f"{operation.table} has a new unique index: INSERTs of the old code may be refused"
        return Judgement("tightened", why)
    return Judgement("expand", f"{operation.table} has a new index")


RULES: dict[type[Any], Callable[[Any, Schema], Judgement]] = {
    to.AddColumn: _add_column,
    to.SetType: _set_type,
    to.DropDefault: _drop_default,
    to.DropIndex: _drop_index,
    to.DropConstraint: _drop_constraint,
    to.Replace: _replace,
    to.CreateIndex: _create_index,
    to.CreateTable: lambda it, _: Judgement("expand", f"{it.table} is new"),
    to.Create: lambda it, _: Judgement("expand", f"{it.kind} {it.name} is new".replace("  ", " ")),
    to.DropTable: lambda it, _: Judgement("contract", f"{it.table} is gone", it.table),
    to.RenameTable: lambda it, _: Judgement(
        "contract", f"{it.table} is called {it.new} now", it.table
    ),
    to.DropColumn: lambda it, _: Judgement("contract", f"{it.table}.{it.column} is gone"),
    to.RenameColumn: lambda it, _: Judgement(
        "contract", f"{it.table}.{it.column} is called {it.new} now"
    ),
    to.Drop: lambda it, _: Judgement("contract", f"{it.kind} {it.name} is gone", it.name),
    to.Rename: lambda it, _: Judgement(
        "contract", f"{it.kind} {it.name} is called {it.new} now", it.name
    ),
    to.SetNotNull: _set_not_null,
    to.DropNotNull: lambda it, _: Judgement(
        "expand", f"{it.table}.{it.column} may be NULL: the old code may meet one"
    ),
    to.SetDefault: lambda it, _: Judgement("expand", f"{it.table}.{it.column} has a default"),
    to.AddConstraint: lambda it, _: Judgement(
        "tightened", f"{it.table} has a new {it.kind} constraint: writes may be refused"
    ),
    to.AddLabel: lambda it, _: Judgement(
        "expand", f"enum {it.type} has the new value {it.label}: the old code may read one"
    ),
    to.Restrict: lambda it, _: Judgement(
        "tightened", f"{it.table or 'the database'} has {it.what}: writes may be refused or changed"
    ),
    to.Write: lambda it, _: Judgement("data", f"rows of {it.table} are changed ({it.statement})"),
    to.Unguard: lambda it, _: Judgement(
        "unknown", f"{it.what} of {it.table} is gone: the old code may rely on it"
    ),
    to.Opaque: lambda it, _: Judgement("unknown", f"cannot be judged: {it.what}"),
}
