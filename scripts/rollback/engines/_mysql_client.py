"""The client of MariaDB or MySQL, which reads a database: its answers and its errors."""

from __future__ import annotations

import html
import os
import re
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence

from rollback.database_contracts import Row
from rollback.engines import _mysql_address
from rollback.errors import RollbackError, Unreadable
from rollback.model import Address, Command
from rollback.shell import Answer, Shell, last_line
from rollback.text import clean

CONNECT = 5  # seconds
SQL_MODE = "PIPES_AS_CONCAT"  # "||" joins texts, as in the other dialects
MODE = f"SET SESSION sql_mode = '{SQL_MODE}'"
_CLIENTS = ("mariadb", "mysql")
_SETTINGS = ("--xml", "--comments", "--skip-reconnect", f"--connect-timeout={CONNECT}")
_LOGIN, _CONNECTION = ("1044", "1045", "1130", "1698"), ("1040", "1049", "1053", "1203")
_SLOW = ("1205", "1969", "3024")
# MariaDB takes the first comment as SQL and skips the second; MySQL the other way round
_LIMIT = (
    "SET /*M! SESSION max_statement_time = {0:g}, */ "
    "/*!50708 SESSION max_execution_time = {1}, */ SESSION lock_wait_timeout = {2}"
)


def read(
    address: Address, queries: Sequence[str], shell: Shell, seconds: float = 5
) -> list[list[Row]]:
    """Return the rows of each query, all of one read-only transaction.

    A value that is a whole number comes as a number.
    Raises Unreadable (database-unreachable, database-refused, database-slow).
    """
    options = (f"--{name}={value}" for name, value in _mysql_address.options(address))
    argv = (program(), *query_words(address, queries, seconds, ("--no-defaults", *options)))
    command, given = Command(argv, seconds + CONNECT + 2), variables(address)
    answer = in_time(address, lambda: shell.ask(command, given), seconds)
    return rows(address, answer, given.get("MYSQL_PWD") or "")


def query_words(
    address: Address, queries: Sequence[str], seconds: float, login: Sequence[str]
) -> tuple[str, ...]:
    """Return the arguments of the client for queries, all of one read-only transaction."""
    limit = _LIMIT.format(seconds, max(1, int(seconds * 1000)), max(1, int(seconds)))
    words = [limit, MODE, "START TRANSACTION READ ONLY, WITH CONSISTENT SNAPSHOT", *queries]
    text = ";\n".join(words)
    return (*login, *_SETTINGS, "-e", text, address.parts["database"])


def rows(address: Address, answer: Answer, password: str) -> list[list[Row]]:
    """Return the rows that the client printed. Raises Unreadable (database-*)."""
    if answer.status:
        raise _error(address, last_line(answer.stderr), password)
    results = answer.stdout.split("<resultset ")[1:]
    return [list(_rows(result)) for result in results]


def program() -> str:
    """Return the client's name on this machine. Raises Unreadable (tool-missing)."""
    for name in _CLIENTS:
        if shutil.which(name):
            return name
    message = f"neither {' nor '.join(_CLIENTS)} is on PATH"
    raise Unreadable("tool-missing", message, "install the client of MariaDB or MySQL")


def variables(address: Address) -> Mapping[str, str | None]:
    """Return the environment for the client; without a password in the URL: MYSQL_PWD as it is."""
    password = _mysql_address.password(os.environ.get(address.variable, ""), address.variable)
    return {"MYSQL_PWD": password} if password else {}


def in_time(address: Address, ask: Callable[[], Answer], seconds: float) -> Answer:
    """Return the answer of a program. Raises Unreadable (database-unreachable, tool-missing)."""
    try:
        return ask()
    except RollbackError as error:
        if error.code == "timed-out":
            raise _unreachable(address, f"no answer within {seconds + CONNECT:g} s") from None
        raise


def _error(address: Address, why: str, password: str) -> Unreadable:
    """Return what the client printed, without the password."""
    if len(password) > 3:
        why = why.replace(password, "***")
    match = re.search(r"ERROR (\d{4})", why)
    number = match[1] if match else "2000"
    if number in _SLOW:
        message = f"database {address.location} did not answer a query in time"
        return Unreadable("database-slow", message, "see what blocks it, then try again")
    if number.startswith("2") or number in (*_LOGIN, *_CONNECTION):
        return _unreachable(address, why, number in _LOGIN)
    message = f"database {address.location} refused a query: {clean(why)}"
    return Unreadable("database-refused", message, "grant this user the right to read")


def _unreachable(address: Address, why: str, login: bool = False) -> Unreadable:
    fix = f"check the host and the network; ${address.variable} names the database"
    if login:
        fix = f"correct the user or the password in ${address.variable}"
    message = f"database {address.location} cannot be reached: {clean(why)}"
    return Unreadable("database-unreachable", message, fix)


_FIELD = re.compile(r'<field name="([^"]*)"(?: xsi:nil="true" />|>([^<]*)</field>)')
_NUMBER = re.compile(r"-?[1-9]\d{0,17}|0")


def _rows(result: str) -> Iterator[Row]:
    for row in result.split("<row>")[1:]:
        fields = _FIELD.finditer(row)
        yield {html.unescape(field[1]): _value(field[2]) for field in fields}


def _value(text: str | None) -> str | int | None:
    if text is None:
        return None
    return int(text) if _NUMBER.fullmatch(text) else html.unescape(text)
