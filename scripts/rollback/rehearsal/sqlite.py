"""Migrations of SQLite, tried in a database in memory."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import closing
from typing import TYPE_CHECKING

from rollback.database_contracts import Row
from rollback.engines import sqlite
from rollback.model import Address
from rollback.rehearsal import Act, Played
from rollback.shell import Shell
from rollback.text import clean

if TYPE_CHECKING:
    import sqlite3

NEEDS_SCRATCH = False
OWN_SERVER = False

_SECONDS = 20
_STEPS = 10_000  # SQLite's instructions between two looks at the clock


def play(stages: Sequence[Sequence[Act]], address: Address | None, shell: Shell) -> Played:
    """Run the acts in memory. No statement of theirs reaches a file."""
    import sqlite3

    end = time.monotonic() + _SECONDS
    catalogues: list[Sequence[Row]] = []
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as database:
        database.row_factory = sqlite3.Row
        database.set_authorizer(_in_memory)
        database.set_progress_handler(lambda: time.monotonic() > end, _STEPS)
        for stage in stages:
            for act in stage:
                try:
                    database.executescript(act.sql)
                except sqlite3.Error as error:
                    return Played(catalogues, act, clean(str(error), 160))
            catalogues.append(_catalogue(database))
    return Played(catalogues)


def _in_memory(action: int, *names: str | None) -> int:
    """Refuse what opens another file: ATTACH, which VACUUM INTO uses, too."""
    import sqlite3

    return sqlite3.SQLITE_DENY if action == sqlite3.SQLITE_ATTACH else sqlite3.SQLITE_OK


def _catalogue(database: sqlite3.Connection) -> list[Row]:
    found = database.execute(sqlite.CATALOGUE).fetchall()
    return [{name: row[name] for name in ("kind", "name", "definition")} for row in found]
