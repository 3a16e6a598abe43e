"""SQLite, read by Python's own module through a read-only connection."""

from __future__ import annotations

import os
import re
import shlex
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

from rollback.database_contracts import Relaxing, Row
from rollback.engines import _sqlite_catalog, _url, _whole
from rollback.errors import Unreadable, Usage
from rollback.model import Address, Instance
from rollback.shell import Shell
from rollback.text import clean

if TYPE_CHECKING:
    import sqlite3

TITLE = "SQLite"
SCHEMES = ("sqlite", "sqlite3", "file", "libsql")
PROGRAMS = ("python3",)
SUFFIX = ".db"
SCRATCH = ""
ATOMIC = True
RELAXING: Relaxing | None = None

_FILE_NUMBER = "file_number"  # a function that the script has, too
_STEPS = 10_000  # SQLite's instructions between two looks at the clock

script = _whole.script
refusal = _whole.refusal


def parse(url: str, variable: str, project: Path) -> Address:
    """Return the address of a file that exists: sqlite:db/x, sqlite:///x, file:./x and the like.

    "sqlite:///x" is a relative path for some tools and an absolute one for others: the file that
    exists decides. Raises Usage (database-url).
    """
    path = re.sub(r"^(?:jdbc:)?[a-z0-9]+(?:\+\w+)?:", "", url.strip(), count=1, flags=re.IGNORECASE)
    path = unquote(path.partition("?")[0])
    if path.strip("/") in ("", ":memory:") or re.search(r"[\x00-\x1f]", path):
        raise _url.unusable(variable, "it names no file")
    candidates = dict.fromkeys(os.path.realpath(file) for file in _candidates(path, project))
    existing = [file for file in candidates if os.path.isfile(file)]
    if len(existing) != 1:
        raise _ambiguous(variable, existing, list(candidates))
    name = os.path.splitext(os.path.basename(existing[0]))[0]
    location = clean(existing[0], 80)
    return Address("sqlite", variable, clean(name, 60), location, {"path": existing[0]})


def read(
    address: Address, queries: Sequence[str], shell: Shell, seconds: float = 5
) -> list[list[Row]]:
    """Return the rows of each query, all of one read transaction.

    Raises Unreadable (database-unreachable, database-refused, database-slow).
    """
    with _opened(address, seconds) as connection:
        connection.execute("BEGIN")
        answers = [connection.execute(query) for query in queries]
        return [_rows(answer) for answer in answers]


def instance(address: Address, shell: Shell) -> Instance:
    """Return the file: its path and number, so that another file of this name is another one.

    Raises what `read` raises.
    """
    query = "SELECT sqlite_version() AS version, count(*) AS objects FROM sqlite_master"
    ((row,),) = read(address, [query], shell)
    facts = os.stat(address.parts["path"])
    path = address.parts["path"]
    writable = os.access(path, os.W_OK) and os.access(os.path.dirname(path) or ".", os.W_OK)
    return Instance(f"{path} {facts.st_ino}", row["version"], facts.st_size, not writable)


def columns(address: Address, shell: Shell) -> list[Row]:
    """Return {table, column, type, nullable, default} of every table."""
    (rows,) = read(address, [_sqlite_catalog.COLUMNS], shell)
    return [{**row, "nullable": bool(row["nullable"])} for row in rows]


def dependents(names: Sequence[tuple[str, str]]) -> str:
    """Return a query for what keeps these columns from a drop: indexes and views."""
    return _sqlite_catalog.dependents(names, literal)


def quoted(*names: str) -> str:
    """Return a name, or a schema and a name, as SQL."""
    return ".".join(f'"{name.replace(chr(34), chr(34) * 2)}"' for name in names if name)


def literal(text: str) -> str:
    """Return a text as SQL."""
    return f"'{text.replace(chr(39), chr(39) * 2)}'"


def exists(table: str, column: str = "") -> str:
    """Return an expression: is this table, or this column of it, in reach?"""
    name = f" WHERE name = {literal(column)}" if column else ""
    return f"EXISTS (SELECT 1 FROM pragma_table_xinfo({literal(table)}){name})"


def where(address: Address) -> str:
    """Return a query for the file's number: another file of this name is another database."""
    return f"SELECT 'sqlite ' || {_FILE_NUMBER}() AS line"


def tool_where(address: Address) -> str:
    """Return a query for the file's path."""
    return "SELECT file AS line FROM pragma_database_list WHERE name = 'main'"


def opening(address: Address) -> str:
    """Return what comes first in a transaction that changes something."""
    return ""


def reading(address: Address) -> str:
    """Return what comes first in a transaction that reads."""
    return ""


def settled(address: Address) -> str:
    """Return nothing: what a killed start left running keeps the lock of the project."""
    return ""


def exactly_one(statement: str) -> str:
    """Return a statement that fails unless it changes exactly one row: the script counts."""
    return statement


def locked(table: str) -> str:
    """Return nothing: whoever changes something has the whole file."""
    return ""


def at_most(query: str, number: int, message: str) -> str:
    """Return statements that fail with this message when a query counts more than that."""
    name = f"CONSTRAINT {quoted(message)} CHECK (number <= {number})"
    return f"""CREATE TEMP TABLE rollback_count (number INTEGER, {name});
INSERT INTO temp.rollback_count {query};
DROP TABLE temp.rollback_count;
"""


def connection(address: Address) -> bytes:
    """Return the file that a script opens the database by."""
    return f"{address.parts['path']}\n".encode()


def needed(address: Address) -> tuple[str, ...]:
    """Return the names of the variables that a script needs."""
    return ()


def typed_change(address: Address, *files: str) -> str:
    """Return a call of the sqlite3 program, in one transaction."""
    connection, opening, sql, row, *schema = files
    inputs = f"cat {opening} {sql}; echo ';'; cat {row}"
    inputs += "".join(f"; echo ';'; cat {file}" for file in schema)
    parts = f"echo 'BEGIN IMMEDIATE;'; {inputs}; echo '; COMMIT;'"
    return f'{{ {parts}; }} | sqlite3 -bail "$(cat {connection})"'


def typed_backup(address: Address, connection: str, file: str) -> str:
    """Return a call of the sqlite3 program."""
    copy = shlex.quote(f"VACUUM INTO {literal(file)}")
    return _url.typed_private(f'sqlite3 "$(cat {connection})" {copy}', file)


def dump_problem(version: str, shell: Shell) -> str:
    """Return why this machine cannot copy the database, or ""."""
    return ""


def _candidates(path: str, project: Path) -> Iterator[Path]:
    if path.startswith("///") or (path.startswith("/") and not path.startswith("//")):
        slashes = len(path) - len(path.lstrip("/"))
        yield Path("/" + path.lstrip("/"))
        if slashes != 3:
            return
    relative = path.lstrip("/")
    yield project / relative
    # a tool may count from the folder of its own files
    inner = (folder / relative for folder in sorted(project.glob("[!.]*/")))
    yield from (file for file in inner if file.is_file())


def _ambiguous(variable: str, existing: Sequence[str], candidates: Sequence[str]) -> Usage:
    if existing:
        why = f"it may mean {' or '.join(clean(file, 100) for file in existing)}"
    else:
        why = f"no such file: {' or '.join(clean(file, 100) for file in candidates[:3])}"
    fix = f"name the file by its absolute path: {variable}=sqlite:////path/to/file"
    return Usage("database-url", f"the URL in ${variable} cannot be used: {why}", fix)


@contextmanager
def _opened(address: Address, seconds: float) -> Iterator[sqlite3.Connection]:
    """Open the file read-only; whatever runs longer than `seconds` is stopped."""
    import sqlite3

    end = time.monotonic() + seconds
    file = f"file:{quote(address.parts['path'])}?mode=ro"
    try:
        with closing(sqlite3.connect(file, uri=True, timeout=seconds)) as connection:
            connection.isolation_level = None
            connection.row_factory = sqlite3.Row
            number = os.stat(address.parts["path"]).st_ino
            connection.create_function(_FILE_NUMBER, 0, lambda: number)
            connection.set_progress_handler(lambda: time.monotonic() > end, _STEPS)
            yield connection
    except sqlite3.Error as error:
        raise _error(address, str(error)) from None


def _error(address: Address, why: str) -> Unreadable:
    location = address.location
    if why == "interrupted" or "locked" in why:
        message = f"database {location} did not answer a query in time"
        return Unreadable("database-slow", message, "see what blocks it, then try again")
    if "unable to open" in why or "not a database" in why:
        message = f"database {location} cannot be reached: {clean(why)}"
        return Unreadable("database-unreachable", message, "check the path and its permissions")
    message = f"database {location} refused a query: {clean(why)}"
    return Unreadable("database-refused", message, "check that it is the right database")


def _rows(answer: sqlite3.Cursor) -> list[Row]:
    return [{name: row[name] for name in row.keys()} for row in answer]  # noqa: SIM118
