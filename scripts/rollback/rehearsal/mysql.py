"""Migrations of MySQL and MariaDB, tried in a database of their own on the scratch server."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator, Sequence

from rollback.database_contracts import Row
from rollback.engines import _mysql_client, _mysql_script, mysql, mysql_client
from rollback.engines._mysql_schema import CATALOGUE
from rollback.model import Address, Command
from rollback.rehearsal import Act, Played
from rollback.shell import Answer, Shell
from rollback.text import clean

NEEDS_SCRATCH = True
OWN_SERVER = True  # a statement may name a table of another database

_SECONDS = 60
_SETTINGS = ("--xml", "--binary-mode", "--comments", "--skip-reconnect")
_ERROR = re.compile(r"ERROR \d+[^:]*:\s*(.*)")


def play(stages: Sequence[Sequence[Act]], address: Address | None, shell: Shell) -> Played:
    """Run the acts in a new database, then drop it. Raises Unreadable (database-*)."""
    assert address
    name = f"rollback_rehearsal_{secrets.token_hex(6)}"
    made = _client(address, f"CREATE DATABASE {name};\n", shell)
    _mysql_client.rows(address, made, _password(address))  # raises: this user may not
    try:
        answer = _client(address, f"USE {name};\n{''.join(_script(stages))}", shell)
    finally:
        dropped = _client(address, f"DROP DATABASE {name};\n", shell)
        _mysql_client.rows(address, dropped, _password(address))
    return _played(stages, answer)


def _script(stages: Sequence[Sequence[Act]]) -> Iterator[str]:
    end = _mysql_script.DELIMITER
    yield f"DELIMITER {end}\n"
    number = 0
    for stage in stages:
        for act in stage:
            yield f"SELECT {number} AS act{end}\n"
            yield "".join(f"{it}\n{end}\n" for it in _mysql_script.statements(act.sql))
            number += 1
        yield f"{_mysql_client.MODE}{end}\n{CATALOGUE}{end}\nSET SESSION sql_mode = DEFAULT{end}\n"


def _played(stages: Sequence[Sequence[Act]], answer: Answer) -> Played:
    catalogues: list[Sequence[Row]] = []
    number = 0
    for rows in _mysql_client.results(answer.stdout):
        if rows and "act" in rows[0]:
            number = int(rows[0]["act"])
        elif not rows or "kind" in rows[0]:
            catalogues.append([_texts(row) for row in rows])
    if not answer.status:
        return Played(catalogues)
    acts = [act for stage in stages for act in stage]
    met = _ERROR.search(answer.stderr)
    return Played(catalogues, acts[number], clean(met[1] if met else answer.stderr, 160))


def _texts(row: Row) -> Row:
    return {name: str(value) for name, value in row.items()}


def _client(address: Address, script: str, shell: Shell) -> Answer:
    """Run the client, here or in the place of the address, with the script as its input."""
    limit = _SECONDS + _mysql_client.CONNECT
    if address.client:
        words = (*mysql_client.program_there(address), *_SETTINGS, address.parts["database"])
        given = f"{_password(address)}\n{script}"
        command = Command(words, limit)
        return _mysql_client.in_time(address, lambda: shell.ask(command, given=given), _SECONDS)
    words = (*_mysql_client.login(address), *_SETTINGS, address.parts["database"])
    command, variables = Command(words, limit), _mysql_client.variables(address)
    return _mysql_client.in_time(address, lambda: shell.ask(command, variables, script), _SECONDS)


def _password(address: Address) -> str:
    return mysql.variables(address).get("MYSQL_PWD") or ""
