"""What a SQL statement does to a schema, whichever dialect it was written in."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

Constraint = Literal["check", "foreign key", "unique", "exclusion", "primary key"]


class Column(Struct, frozen=True):
    """`type` is lower case with its length: "varchar(20)".

    `restrictions` lists what else its definition demands, e.g. "unique"; a "check" only when it is
    about other columns, too, or may refuse that the column is left out.
    """

    name: str
    type: str = ""
    not_null: bool = False
    filled: bool = False  # a default, an identity or a generated value
    restrictions: tuple[Constraint, ...] = ()


class AddConstraint(Struct, frozen=True):
    """`columns` is empty where the statement gives none, or expressions."""

    table: str
    kind: Constraint
    name: str = ""
    columns: tuple[str, ...] = ()


class CreateTable(Struct, frozen=True):
    table: str
    columns: tuple[Column, ...] = ()
    constraints: tuple[AddConstraint, ...] = ()  # those that have a name


class DropTable(Struct, frozen=True):
    """`cascade`: what depends on it goes, too."""

    table: str
    cascade: bool = False


class RenameTable(Struct, frozen=True):
    table: str
    new: str


class AddColumn(Struct, frozen=True):
    table: str
    column: Column


class DropColumn(Struct, frozen=True):
    """`cascade`: what depends on it goes, too."""

    table: str
    column: str
    cascade: bool = False


class RenameColumn(Struct, frozen=True):
    table: str
    column: str
    new: str


class SetType(Struct, frozen=True):
    """`type` is empty where it is not known. `before` is what the migration itself says of it.

    `using`: the statement says how the new values are made.
    """

    table: str
    column: str
    type: str
    before: str = ""
    using: bool = False


class SetNotNull(Struct, frozen=True):
    table: str
    column: str


class DropNotNull(Struct, frozen=True):
    table: str
    column: str


class SetDefault(Struct, frozen=True):
    table: str
    column: str


class DropDefault(Struct, frozen=True):
    table: str
    column: str


class DropConstraint(Struct, frozen=True):
    """`kind` is empty where the statement gives only the name."""

    table: str
    name: str
    kind: str = ""


class CreateIndex(Struct, frozen=True):
    """`columns` is empty where it is about expressions. `partial`: SQL limits it to some rows."""

    name: str
    table: str
    unique: bool
    columns: tuple[str, ...] = ()
    partial: bool = False


class DropIndex(Struct, frozen=True):
    """`table` is empty where index names are those of a whole schema."""

    name: str
    table: str = ""


class Create(Struct, frozen=True):
    """A view, type, sequence, function...: something that no old code can know.

    `labels` are those of an enum.
    """

    kind: str
    name: str
    labels: tuple[str, ...] = ()


class Replace(Struct, frozen=True):
    """Another definition under an existing name."""

    kind: str
    name: str


class Drop(Struct, frozen=True):
    """`cascade`: what depends on it goes, too, e.g. the columns of a type."""

    kind: str
    name: str
    cascade: bool = False


class Rename(Struct, frozen=True):
    """Another name, another schema, or another label of an enum."""

    kind: str
    name: str
    new: str


class AddLabel(Struct, frozen=True):
    """A value more of an enum."""

    type: str
    label: str


class Restrict(Struct, frozen=True):
    """What may refuse or change a statement of the old code: trigger, policy, revoked right."""

    what: str
    table: str = ""


class Write(Struct, frozen=True):
    """`statement` is "update", "delete"...; `columns` are those that it sets, where it says so.

    `source` is the table of which an insert takes every row, `selected` the columns that it takes:
    "" for an expression, "*" for all.
    """

    statement: str
    table: str
    columns: tuple[str, ...] = ()
    source: str = ""
    selected: tuple[str, ...] = ()


class Unguard(Struct, frozen=True):
    """A trigger, rule or policy that is gone: the old code may have relied on it."""

    what: str
    table: str = ""


class Harmless(Struct, frozen=True):
    what: str


UNPARSED = "a statement that the parser of PostgreSQL refuses"


class Opaque(Struct, frozen=True):
    """What cannot be read: procedural code, a statement that the parser does not know."""

    what: str


class Sql(Struct, frozen=True):
    """Statements as text, in a dialect that the file does not name: `dialect.resolve` reads them.

    `line` is where they stand in a file that is not SQL.
    """

    text: str
    line: int = 0


Operation = (
    CreateTable
    | DropTable
    | RenameTable
    | AddColumn
    | DropColumn
    | RenameColumn
    | SetType
    | SetNotNull
    | DropNotNull
    | SetDefault
    | DropDefault
    | AddConstraint
    | DropConstraint
    | CreateIndex
    | DropIndex
    | Create
    | Replace
    | Drop
    | Rename
    | AddLabel
    | Restrict
    | Unguard
    | Write
    | Harmless
    | Opaque
    | Sql
)
