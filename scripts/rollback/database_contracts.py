"""What a migration tool and a database engine offer. Modules satisfy these Protocols."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from rollback.contracts import Detector
from rollback.migrations._computed import Computed
from rollback.migrations._files import Script
from rollback.migrations._native import Native
from rollback.migrations._table import Table
from rollback.model import Address, Instance
from rollback.shell import Shell

Row = dict[str, Any]  # column -> value, of one row that a database returned


class MigrationTool(Detector, Protocol):
    """Recognises a migration tool and the folder of its migration files, and reads those.

    Nothing of the project is run: files are parsed as data.
    """

    @property
    def REVERSAL(self) -> str:
        """Return how this tool reverses a migration: migrations/_files.py has the words."""

    @property
    def REFUSES_NEWER(self) -> str:
        """Return a pattern of the command that goes forward, if it fails on a newer database.

        "" where it does not: a database with migrations that have no file is fine.
        """

    def read(self, files: Mapping[str, str]) -> list[Script]:
        """Return the migrations of a folder, in the order in which the tool runs them.

        `files` is path (relative to the project) -> text; those that are no migration are left
        out. What only running them would tell is an `Opaque` that names its line.
        """

    @property
    def TABLE(self) -> Table | None:
        """Return the table of what is applied; None where this version cannot reverse it."""

    @property
    def NATIVE(self) -> Native | Computed | None:
        """Return how the tool itself reverses a migration, or writes the SQL that does.

        None where its files have that SQL.
        """

    def down(self, path: str, texts: Mapping[str, str]) -> str | None:
        """Return the SQL that reverses the migration in this file; None when there is none.

        `texts` are all files of the release, path -> text.
        """


class Relaxing(Protocol):
    """How an engine drops what it demands of rows (NOT NULL, a constraint) and makes it again."""

    def query(self, tables: Sequence[str]) -> str:
        """Return a query for {table, kind, name, columns, definition} of what tables demand.

        Every column is listed: as "not null", "nullable" or of the "primary key". `columns` are
        names with commas between them. `definition` is NULL where the demand could not be dropped,
        or made again as it was.
        """

    def statements(self, row: Row) -> tuple[str, str, str]:
        """Return the SQL that drops it, that makes it again, and an expression: is it there?"""


class Engine(Protocol):
    """Reads databases of one kind. Nothing it returns or raises holds a password.

    PROGRAMS are those that its reads and steps need, SUFFIX is the ending of a backup's name.
    ATOMIC: a migration and its row change in one transaction, so that none is ever half reversed.
    """

    @property
    def TITLE(self) -> str: ...
    @property
    def SCHEMES(self) -> tuple[str, ...]:
        """Return the schemes of its URLs, in lower case, without the driver after a plus."""

    @property
    def PROGRAMS(self) -> tuple[str, ...]: ...
    @property
    def SUFFIX(self) -> str: ...
    @property
    def SCRATCH(self) -> str:
        """Return a query for `may`: can this user make a database? "" where nothing tells."""

    @property
    def ATOMIC(self) -> bool: ...

    @property
    def RELAXING(self) -> Relaxing | None:
        """Return how single demands are dropped; None where only a whole migration goes back."""

    def parse(self, url: str, variable: str, project: Path) -> Address:
        """Return the address in a URL, which the variable holds. Raises Usage (database-url)."""

    def read(
        self, address: Address, queries: Sequence[str], shell: Shell, seconds: float = 5
    ) -> list[list[Row]]:
        """Return the rows of each query, all of one read-only transaction.

        `seconds` limits each. Raises Unreadable (database-unreachable, -refused, -slow).
        """

    def instance(self, address: Address, shell: Shell) -> Instance:
        """Return what answers at this address. Raises what `read` raises."""

    def columns(self, address: Address, shell: Shell) -> list[Row]:
        """Return {table, column, type, nullable, default} of every table, in order."""

    def dependents(self, names: Sequence[tuple[str, str]]) -> str:
        """Return a query for what keeps these tables ("" as column) and columns from a drop.

        {table, column, kind, name, owner}: `owner` is the table that it belongs to, "" for none.
        Indexes and constraints that go with their table or column by themselves are left out.
        """

    def quoted(self, *names: str) -> str:
        """Return a name, or a schema and a name, as SQL."""

    def literal(self, text: str) -> str:
        """Return a text as SQL."""

    def exists(self, table: str, column: str = "") -> str:
        """Return an expression: is this table, or this column of it, in reach?"""

    def where(self, address: Address) -> str:
        """Return a query that prints what tells this database from others."""

    def tool_where(self, address: Address) -> str:
        """Return a query for the same in plain SQL, which a migration tool can run, too."""

    def opening(self, address: Address) -> str:
        """Return what comes first in a transaction that changes something."""

    def reading(self, address: Address) -> str:
        """Return what comes first in a transaction that reads."""

    def settled(self, address: Address) -> str:
        """Return what fails in a transaction that reads while a change of ours goes on, or ""."""

    def exactly_one(self, statement: str) -> str:
        """Return a statement that fails unless it changes exactly one row."""

    def script(self, sql: str) -> str:
        """Return the SQL of a migration as the functions of this engine take it."""

    def refusal(self, sql: str) -> str:
        """Return why those functions cannot run this SQL, or ""."""

    def locked(self, table: str) -> str:
        """Return a statement that keeps others from writing to a table, "" if they cannot."""

    def at_most(self, query: str, number: int, message: str) -> str:
        """Return a statement that fails with this message when a query counts more than that."""

    def connection(self, address: Address) -> bytes:
        """Return the file a script connects by, without a password. Raises Usage (database-url)."""

    def needed(self, address: Address) -> tuple[str, ...]:
        """Return the names of the variables that a script needs."""

    def typed_change(self, address: Address, *files: str) -> str:
        """Return what a person types for a change: connection, opening, SQL, row, all quoted."""

    def typed_backup(self, address: Address, connection: str, file: str) -> str:
        """Return what a person types for a backup; only `connection` is quoted already."""

    def dump_problem(self, version: str, shell: Shell) -> str:
        """Return why this machine cannot back up a server of this version, or ""."""
