"""PostgreSQL that only another place reaches, such as a container: psql and pg_dump run there.

`address.client` starts a program there and passes it the standard input, such
as `docker exec -i shop-db-1`. The password is the first line of that input: no argument and no
environment of the command holds it.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence

from rollback.database_contracts import Row
from rollback.engines import _url, postgresql
from rollback.engines._client import START, client, not_started
from rollback.engines.postgresql import ATOMIC as ATOMIC
from rollback.engines.postgresql import RELAXING as RELAXING
from rollback.engines.postgresql import SCRATCH as SCRATCH
from rollback.engines.postgresql import SUFFIX as SUFFIX
from rollback.engines.postgresql import TITLE as TITLE
from rollback.engines.postgresql import at_most as at_most
from rollback.engines.postgresql import dependents as dependents
from rollback.engines.postgresql import exactly_one as exactly_one
from rollback.engines.postgresql import exists as exists
from rollback.engines.postgresql import literal as literal
from rollback.engines.postgresql import locked as locked
from rollback.engines.postgresql import opening as opening
from rollback.engines.postgresql import parse as parse
from rollback.engines.postgresql import quoted as quoted
from rollback.engines.postgresql import reading as reading
from rollback.engines.postgresql import refusal as refusal
from rollback.engines.postgresql import script as script
from rollback.engines.postgresql import settled as settled
from rollback.engines.postgresql import tool_where as tool_where
from rollback.engines.postgresql import where as where
from rollback.model import Address, Command, Instance
from rollback.shell import Shell

SCHEMES: tuple[str, ...] = ()  # an address with a client chooses it, no URL does
PROGRAMS: tuple[str, ...] = ()

_PASSWORD_FIRST = 'IFS= read -r PGPASSWORD; export PGPASSWORD; exec env "$@"'  # noqa: S105
_OF_PSQL = re.compile(r"^psql:|\b(?:ERROR|FATAL):", re.MULTILINE)
_PARTS = ("host", "port", "user", "dbname", "sslmode")  # files of certificates are not there


def read(
    address: Address, queries: Sequence[str], shell: Shell, seconds: float = 5
) -> list[list[Row]]:
    """Return the rows of each query, all of one read-only transaction.

    Raises Unreadable (database-unreachable, database-refused, database-slow, tool-missing).
    """
    words = (*there(address), "psql", *postgresql.query_words(address, queries, seconds))
    command = Command(words, seconds + postgresql.CONNECT + START)
    password = postgresql.variables(address).get("PGPASSWORD") or ""
    answer = postgresql.in_time(address, lambda: shell.ask(command, given=f"{password}\n"), seconds)
    if answer.status and not _OF_PSQL.search(answer.stderr):
        raise not_started(address, answer, "psql")
    return postgresql.rows(address, answer, password)


def instance(address: Address, shell: Shell) -> Instance:
    """Return what answers at this address. Raises what `read` raises."""
    ((row,),) = read(address, [postgresql.INSTANCE], shell)
    return Instance(**row)


def columns(address: Address, shell: Shell) -> list[Row]:
    """Return {table, column, type, nullable, default} of every table that is in reach."""
    return read(address, [postgresql.COLUMNS], shell)[0]


def connection(address: Address) -> bytes:
    """Return the file that a script connects by: where the password is, then one word a line.

    Raises Usage (database-url) for a password that a script would not find.
    """
    first, *_ = postgresql.connection(address).decode().splitlines()
    return "\n".join([first, *there(address), ""]).encode()


def needed(address: Address) -> tuple[str, ...]:
    """Return the names of the variables that a script needs."""
    return (address.variable, "PGPASSWORD", *client(address).variables)


def typed_change(address: Address, *files: str) -> str:
    """Return a call of psql there, all in one transaction."""
    _, *inputs = files
    call = _typed(address, "psql", "-X", "-1", "-v", "ON_ERROR_STOP=1")
    return f"cat {' '.join(inputs)} | {call}"


def typed_backup(address: Address, connection: str, file: str) -> str:
    """Return a call of pg_dump there."""
    call = _typed(address, "pg_dump", "-Fc")
    return _url.typed_private(f"{call} >{shlex.quote(file)}", file)


def dump_problem(version: str, shell: Shell) -> str:
    """Return "": the place of a server has a pg_dump of its version."""
    return ""


def there(address: Address) -> tuple[str, ...]:
    """Return the command that runs a program there, without the program."""
    names = (f"PGCONNECT_TIMEOUT={postgresql.CONNECT}", "PGAPPNAME=deployment-rollback")
    return (*client(address).argv, "sh", "-c", _PASSWORD_FIRST, "sh", *_parts(address), *names)


def _parts(address: Address) -> list[str]:
    return [
        f"{postgresql.VARIABLES[name]}={value}"
        for name, value in address.parts.items()
        if name in _PARTS
    ]


def _typed(address: Address, *words: str) -> str:
    """Return what a person types; the programs there seldom ask for a password."""
    return shlex.join([*client(address).argv, "env", *_parts(address), *words])
