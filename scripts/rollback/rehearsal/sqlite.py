"""Migrations of SQLite, tried in a database in memory."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from rollback.database_contracts import Row
from rollback.engines import sqlite
from rollback.errors import Unreadable
from rollback.model import Address
from rollback.rehearsal import Act, Place, Played, _difference, _sqlite_plain
from rollback.rehearsal._sqlite_schema import CATALOGUE
from rollback.shell import Shell
from rollback.text import clean

if TYPE_CHECKING:
    import sqlite3

NEEDS_SCRATCH = False

plain = _sqlite_plain.plain

_SECONDS = 20
_STEPS = 10_000  # SQLite's instructions between two looks at the clock
# what comes of the way it is tried
_OURS = ("interrupted", "not authorized", "authorization denied", "out of memory", "disk is full")


def refusal(sql: str) -> str:
    """Return nothing: a statement that opens a file fails."""
    return ""


def play(stages: Sequence[Sequence[Act]], place: Place, shell: Shell) -> Played:
    """Run the acts in memory. No statement of theirs reaches a file.

    Raises Unreadable (database-refused).
    """
    import sqlite3

    end = time.monotonic() + _SECONDS
    catalogues: list[Sequence[Row]] = []
    database = _opened(None, end)
    try:
        for stage in stages:
            for act in stage:
                database = _opened(database, end)
                try:
                    _run(database, act)
                except sqlite3.Error as error:
                    why = str(error)
                    certain = not any(words in why for words in _OURS)
                    return Played(catalogues, act, clean(why, 160), certain)
            catalogues.append(_rows(database))
    finally:
        database.close()
    return Played(catalogues)


def catalogue(address: Address, shell: Shell) -> list[Row]:
    """Return the whole schema. Raises Unreadable (database-*)."""
    return sqlite.read(address, [CATALOGUE], shell)[0]


def as_expected(expected: Sequence[Row]) -> str:
    """Return a query for what is other than expected, and statements that fail if it has rows."""
    lines = _difference.query(CATALOGUE, expected, sqlite.literal)
    count = f"SELECT count(*) FROM ({lines})"
    return f"{lines};\n{sqlite.at_most(count, 0, _difference.MESSAGE)}"


def _opened(before: sqlite3.Connection | None, end: float) -> sqlite3.Connection:
    """Return a copy in a connection of its own: a migration does not meet PRAGMAs of another."""
    import sqlite3

    database = sqlite3.connect(":memory:", isolation_level=None)
    if before:
        before.backup(database)
        before.close()
    database.row_factory = sqlite3.Row
    database.set_authorizer(_in_memory)
    database.set_progress_handler(lambda: time.monotonic() > end, _STEPS)
    return database


def _run(database: sqlite3.Connection, act: Act) -> None:
    if not act.whole:
        database.executescript(act.sql)
        if not database.in_transaction:
            return
    else:
        database.executescript(f"BEGIN IMMEDIATE;\n{act.sql}\n;")
    database.execute("COMMIT")


def _in_memory(action: int, *names: str | None) -> int:
    """Refuse what opens another file: ATTACH, which VACUUM INTO uses, too."""
    import sqlite3

    return sqlite3.SQLITE_DENY if action == sqlite3.SQLITE_ATTACH else sqlite3.SQLITE_OK


def _rows(database: sqlite3.Connection) -> list[Row]:
    import sqlite3

    try:
        found = database.execute(CATALOGUE).fetchall()
    except sqlite3.Error as error:
        message = f"the schema in memory cannot be read: {clean(str(error))}"
        raise Unreadable("database-refused", message, "see what the migrations leave") from None
    return [{name: row[name] for name in ("kind", "name", "definition")} for row in found]
