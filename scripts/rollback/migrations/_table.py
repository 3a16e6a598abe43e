"""The table in which a migration tool keeps what it has applied."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Struct


class Table(Struct, frozen=True):
    """`name` is the tool's default, `id` its column with the migration's id.

    `where` tells the rows of applied migrations, `dirty` those of migrations that did not finish;
    both are SQL about a row. `order` are the columns that count up as migrations are applied, with
    commas between them.
    `numbers`: an id is a number, "00002" in the name of a file is 2. `newest_only`: the table has
    only the id of the newest migration. `heads`: it has those that no other one follows. `label`
    is the column with the application that a migration belongs to: ids are "<label>.<id>" then.
    `author` is the column with which an id is unique: ids are "<id>::<author>" then.
    `named`: ids of files are "<name> (<id>)". `schemas` are those of the table by engine, where
    that is not the one that the connection uses. `mixed`: it has rows without a file in the
    project, by a habit of the tool: those of packages, or of files that were squashed away.
    """

    name: str
    id: str = "version"
    where: str = ""
    dirty: str = ""
    order: str = ""
    numbers: bool = False
    newest_only: bool = False
    heads: bool = False
    label: str = ""
    author: str = ""
    named: bool = False
    schemas: Mapping[str, str] = {}
    mixed: bool = False

    @property
    def orders(self) -> list[str]:
        """Return the columns that order its rows."""
        return [name.strip() for name in self.order.split(",") if name.strip()]

    def of(self, row: Mapping[str, Any]) -> str:
        """Return the id of a row, as the table has it."""
        id = f"{row[self.id]}::{row[self.author]}" if self.author else str(row[self.id])
        return f"{row[self.label]}.{id}" if self.label else id

    def key(self, id: object) -> str:
        """Return an id as it is compared."""
        text = self.value(str(id))
        return str(int(text)) if self.numbers and text.isdigit() else text

    def value(self, id: str) -> str:
        """Return an id as the column has it."""
        return id.rpartition(" (")[2].removesuffix(")") if self.named else id


# tools whose migrations this version cannot reverse
NO_TABLE: Table | None = None


def no_down(path: str, texts: Mapping[str, str]) -> str | None:
    """Return nothing: only the tool itself can reverse its migrations."""
    return None
