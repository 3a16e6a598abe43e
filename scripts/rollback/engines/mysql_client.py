"""MySQL and MariaDB that only another place reaches: their client and dump program run there.

`address.client` starts a program there and passes it the standard input, such as
`docker exec -i shop-db-1`. The password is the first line of that input.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence

from rollback.database_contracts import Row
from rollback.engines import _mysql_address, _mysql_client, _url, mysql
from rollback.engines._client import START, client, not_started
from rollback.engines.mysql import ATOMIC as ATOMIC
from rollback.engines.mysql import RELAXING as RELAXING
from rollback.engines.mysql import SCRATCH as SCRATCH
from rollback.engines.mysql import SUFFIX as SUFFIX
from rollback.engines.mysql import TITLE as TITLE
from rollback.engines.mysql import at_most as at_most
from rollback.engines.mysql import dependents as dependents
from rollback.engines.mysql import exactly_one as exactly_one
from rollback.engines.mysql import exists as exists
from rollback.engines.mysql import literal as literal
from rollback.engines.mysql import locked as locked
from rollback.engines.mysql import opening as opening
from rollback.engines.mysql import parse as parse
from rollback.engines.mysql import quoted as quoted
from rollback.engines.mysql import reading as reading
from rollback.engines.mysql import refusal as refusal
from rollback.engines.mysql import script as script
from rollback.engines.mysql import settled as settled
from rollback.engines.mysql import tool_where as tool_where
from rollback.engines.mysql import where as where
from rollback.model import Address, Command, Instance
from rollback.shell import Shell

SCHEMES: tuple[str, ...] = ()  # an address with a client chooses it, no URL does
PROGRAMS: tuple[str, ...] = ()

_CLIENTS, _DUMPS = "mariadb mysql", "mariadb-dump mysqldump"  # an image has one of each
_START = (
    "IFS= read -r MYSQL_PWD; export MYSQL_PWD; names=$1; shift; "
    'for name in $names; do if command -v "$name" >/dev/null; then exec "$name" "$@"; fi; done; '
    'echo "there is none of: $names" >&2; exit 127'
)
_OF_CLIENT = re.compile(r"\bERROR \d+")
_FILES = ("ssl-ca", "ssl-cert", "ssl-key")  # they are not there


def read(
    address: Address, queries: Sequence[str], shell: Shell, seconds: float = 5
) -> list[list[Row]]:
    """Return the rows of each query, all of one read-only transaction.

    Raises Unreadable (database-unreachable, database-refused, database-slow, tool-missing).
    """
    words = _mysql_client.query_words(address, queries, seconds, _login(address))
    command = Command((*_there(address), _CLIENTS, *words), seconds + _mysql_client.CONNECT + START)
    password = _mysql_client.variables(address).get("MYSQL_PWD") or ""
    answer = _mysql_client.in_time(
        address, lambda: shell.ask(command, given=f"{password}\n"), seconds
    )
    if answer.status and not _OF_CLIENT.search(answer.stderr):
        raise not_started(address, answer, "mariadb")
    return _mysql_client.rows(address, answer, password)


def instance(address: Address, shell: Shell) -> Instance:
    """Return what answers at this address. Raises what `read` raises."""
    ((row,),) = read(address, [mysql.INSTANCE], shell)
    return mysql.instance_of(row)


def columns(address: Address, shell: Shell) -> list[Row]:
    """Return {table, column, type, nullable, default} of every table."""
    return mysql.columns_of(read(address, [mysql.COLUMNS], shell)[0])


def connection(address: Address) -> bytes:
    """Return the file a script connects by, a word a line, without the password."""
    lines = [
        f"# password: {address.parts['form'] or 'none'} {address.variable}",
        f"# client: {_CLIENTS}",
        f"# dump: {_DUMPS}",
        f"# database: {address.parts['database']}",
        *(f"# through: {word}" for word in _there(address)),
        *(f"# login: {word}" for word in _login(address)),
    ]
    return "\n".join([*lines, ""]).encode()


def needed(address: Address) -> tuple[str, ...]:
    """Return the names of the variables that a script needs."""
    return (address.variable, "MYSQL_PWD", *client(address).variables)


def typed_change(address: Address, *files: str) -> str:
    """Return a call of the client there; it stops at the first error."""
    _, *texts = files
    call = shlex.join([*client(address).argv, "mariadb", *_login(address), "--binary-mode"])
    return f"cat {' '.join(texts)} | {call} {shlex.quote(address.parts['database'])}"


def typed_backup(address: Address, connection: str, file: str) -> str:
    """Return a call of the dump program there."""
    words = [*client(address).argv, "mariadb-dump", *_login(address), "--single-transaction"]
    call = shlex.join([*words, "--routines", address.parts["database"]])
    return _url.typed_private(f"{call} >{shlex.quote(file)}", file)


def dump_problem(version: str, shell: Shell) -> str:
    """Return "": the place of a server has a dump program of its version."""
    return ""


def _there(address: Address) -> tuple[str, ...]:
    """Return the command that runs a program there; the names that it may have come next."""
    return (*client(address).argv, "sh", "-c", _START, "sh")


def _login(address: Address) -> tuple[str, ...]:
    options = _mysql_address.options(address)
    return (
        "--no-defaults",
        *(f"--{name}={value}" for name, value in options if name not in _FILES),
    )
