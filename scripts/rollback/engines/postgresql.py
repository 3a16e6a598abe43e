"""PostgreSQL, read by psql: the password is passed in its environment, never in an argument."""

from __future__ import annotations

import json
import os
import re
import shlex
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from rollback.database_contracts import Relaxing, Row
from rollback.engines import (
    _postgresql_catalog,
    _postgresql_demands,
    _postgresql_names,
    _postgresql_session,
    _url,
    _whole,
)
from rollback.errors import RollbackError, Unreadable
from rollback.model import Address, Command, Instance
from rollback.shell import Answer, Shell, last_line
from rollback.text import clean

TITLE = "PostgreSQL"
SCHEMES = ("postgres", "postgresql", "postgis", "pgx", "pgx4", "pgx5", "psql", _url.WORDS)
PROGRAMS = ("psql", "pg_dump", "pg_restore")
SUFFIX = ".dump"
SCRATCH = "SELECT rolcreatedb OR rolsuper AS may FROM pg_roles WHERE rolname = current_user"
ATOMIC = True
RELAXING: Relaxing | None = _postgresql_demands

CONNECT = 5  # seconds
# a URL's options that libpq has, under the names that tools give them
_OPTIONS = {
    "sslmode": "sslmode", "sslrootcert": "sslrootcert", "sslcert": "sslcert", "sslkey": "sslkey",
    "host": "host", "port": "port", "socket": "host", "ssl": "sslmode", "sslca": "sslrootcert",
}  # fmt: skip
_SSL = {"true": "require", "1": "require", "false": "disable", "0": "disable"}
# of the part of an address -> the variable that libpq reads
VARIABLES = {
    "host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "dbname": "PGDATABASE",
    "sslmode": "PGSSLMODE", "sslrootcert": "PGSSLROOTCERT", "sslcert": "PGSSLCERT",
    "sslkey": "PGSSLKEY",
}  # fmt: skip
_PATH = re.compile(r"search_path\s*=\s*([^\s]+)")
_SETTINGS = ("-X", "-q", "-A", "-t", "-w", "-1", "-v", "ON_ERROR_STOP=1")
_LOGIN = re.compile(r"password|authentication|pg_hba|role .* does not exist", re.IGNORECASE)
_IDENTITY = "s.system_identifier || '/' || d.oid || '/' || d.datname"
_OF_DATABASE = "FROM pg_database d, pg_control_system() s WHERE d.datname = current_database()"
INSTANCE = f"""
SELECT {_IDENTITY} AS identity, current_setting('server_version') AS version,
  (pg_is_in_recovery() OR current_setting('default_transaction_read_only')::bool) AS replica,
  pg_database_size(d.oid) AS bytes {_OF_DATABASE}"""
COLUMNS = _postgresql_catalog.COLUMNS

quoted = _postgresql_names.quoted
literal = _postgresql_names.literal
dependents = _postgresql_catalog.dependents
opening = _postgresql_session.opening
reading = _postgresql_session.reading
settled = _postgresql_session.settled
exactly_one = _postgresql_session.exactly_one
locked = _postgresql_session.locked
at_most = _postgresql_session.at_most
script = _whole.script
refusal = _whole.refusal


def parse(url: str, variable: str, project: Path) -> Address:
    """Return the address; what the URL leaves out comes from libpq's own variables.

    Raises Usage (database-url).
    """
    whole = _url.parse(url, variable)
    host, port = _host(whole.host)
    parts = {"host": host, "port": port, "user": whole.user, "dbname": whole.path[1:]}
    for name, value in whole.options.items():
        if name in _OPTIONS:
            parts[_OPTIONS[name]] = _SSL.get(value, value) if name == "ssl" else value
    for name, known in VARIABLES.items():
        parts[name] = parts.get(name) or os.environ.get(known, "")
    parts = {name: value for name, value in parts.items() if value} | {"form": whole.secret}
    if any(re.search(r"[\x00-\x1f]", value) for value in parts.values()):
        raise _url.unusable(variable, "a part of it contains a line break")
    name = clean(parts.get("dbname") or parts.get("user", ""), 60)
    location = f"{name} at {clean(parts['host'], 60)}" if "host" in parts else name
    return Address("postgresql", variable, name, location, parts, _schema(whole.options))


def read(
    address: Address, queries: Sequence[str], shell: Shell, seconds: float = 5
) -> list[list[Row]]:
    """Return the rows of each query, all of one read-only transaction.

    Raises Unreadable (database-unreachable, database-refused, database-slow).
    """
    command = Command(("psql", *query_words(address, queries, seconds)), seconds + CONNECT + 2)
    given = variables(address)
    answer = in_time(address, lambda: shell.ask(command, given), seconds)
    return rows(address, answer, given.get("PGPASSWORD") or "")


def query_words(address: Address, queries: Sequence[str], seconds: float) -> tuple[str, ...]:
    """Return the arguments of psql for queries, all of one read-only transaction."""
    words = ["SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"]
    words += [f"SET LOCAL statement_timeout = {max(1, int(seconds * 1000))}"]
    words += [text] if (text := reading(address)) else []
    words += [f"SELECT coalesce(jsonb_agg(q), '[]') FROM ({query}) q" for query in queries]
    return (*_SETTINGS, *(word for text in words for word in ("-c", text)))


def rows(address: Address, answer: Answer, password: str) -> list[list[Row]]:
    """Return the rows that psql printed. Raises Unreadable (database-*)."""
    if answer.status:
        raise _error(address, answer, password)
    try:  # only "\n" ends a row: a text may hold other line breaks
        return [json.loads(line) for line in answer.stdout.split("\n") if line]
    except ValueError:
        message = f"psql printed no JSON for {address.location}"
        raise Unreadable("database-refused", message, "see what else writes there") from None


def instance(address: Address, shell: Shell) -> Instance:
    """Return what answers at this address. Raises what `read` raises."""
    ((row,),) = read(address, [INSTANCE], shell)
    return Instance(**row)


def columns(address: Address, shell: Shell) -> list[Row]:
    """Return {table, column, type, nullable, default} of every table that is in reach."""
    return read(address, [COLUMNS], shell)[0]


def exists(table: str, column: str = "") -> str:
    """Return an expression: is this table, or this column of it, in reach?"""
    known = f"to_regclass({literal(quoted(*table.split('.')))})"
    if not column:
        return f"{known} IS NOT NULL"
    named = f"attrelid = {known} AND attname = {literal(column)} AND NOT attisdropped"
    return f"EXISTS (SELECT 1 FROM pg_attribute WHERE {named})"


def where(address: Address) -> str:
    """Return a query for the identity of `instance`."""
    return f"SELECT {_IDENTITY} AS line {_OF_DATABASE}"


tool_where = where


def connection(address: Address) -> bytes:
    """Return the file that a script connects by: a service file of libpq without the password.

    Raises Usage (database-url) for a password that a script would not find.
    """
    form = address.parts["form"]
    password = variables(address).get("PGPASSWORD") or ""
    if form == "words" and re.search(r"[\s'\\]", password):
        raise _url.unusable(address.variable, "its password is quoted: write it as a URL")
    parts = {name: value for name, value in address.parts.items() if name in VARIABLES}
    lines = [f"# password: {form or 'none'} {address.variable}", "[rollback]"]
    lines += [f"{name}={value}" for name, value in parts.items()]
    lines += [f"connect_timeout={CONNECT}", "application_name=deployment-rollback"]
    return "\n".join([*lines, ""]).encode()


def needed(address: Address) -> tuple[str, ...]:
    """Return the names of the variables that a script needs."""
    return (address.variable, "PGPASSWORD", "PGPASSFILE")


def typed_change(address: Address, *files: str) -> str:
    """Return a call of psql, which asks for the password; all in one transaction."""
    connection, *inputs = files
    words = " ".join(f"-f {file}" for file in inputs)
    return f"{_typed(connection)} psql -X -1 -v ON_ERROR_STOP=1 {words}"


def typed_backup(address: Address, connection: str, file: str) -> str:
    """Return a call of pg_dump, which asks for the password."""
    dump = f"{_typed(connection)} pg_dump -Fc -f {shlex.quote(file)}"
    return _url.typed_private(dump, file)


def _typed(connection: str) -> str:
    return f"PGSERVICEFILE={connection} PGSERVICE=rollback"


def dump_problem(version: str, shell: Shell) -> str:
    """Return why this machine cannot dump a server of this version, or ""."""
    answer = shell.ask(Command(("pg_dump", "--version"), 10))
    client = re.search(r"\d+", answer.stdout)
    server = re.match(r"\d+", version)
    if client and server and int(client[0]) < int(server[0]):
        return f"pg_dump {client[0]} cannot dump a server of version {server[0]}"
    return ""


def variables(address: Address) -> Mapping[str, str | None]:
    """Return the environment for libpq's programs; None removes what would override it."""
    password = _url.parse(os.environ.get(address.variable, ""), address.variable).password
    return {
        **{name: address.parts.get(part) for part, name in VARIABLES.items()},
        "PGCONNECT_TIMEOUT": str(CONNECT),
        "PGAPPNAME": "deployment-rollback",
        "PGSERVICE": None,
        **({"PGPASSWORD": password} if password else {}),
    }


def in_time(address: Address, ask: Callable[[], Answer], seconds: float) -> Answer:
    """Return the answer of a program. Raises Unreadable (database-unreachable, tool-missing)."""
    try:
        return ask()
    except RollbackError as error:
        if error.code == "timed-out":
            raise _unreachable(address, f"no answer within {seconds + CONNECT:g} s") from None
        raise


def _error(address: Address, answer: Answer, password: str) -> Unreadable:
    """Return what psql said, without the password: exit status 2 is a connection that failed."""
    why = last_line(answer.stderr)
    if len(password) > 3:
        why = why.replace(password, "***")
    if answer.status == 2:
        return _unreachable(address, why)
    if "statement timeout" in why or "lock timeout" in why:
        message = f"database {address.location} did not answer a query in time"
        return Unreadable("database-slow", message, "see what blocks it, then try again")
    message = f"database {address.location} refused a query: {why}"
    return Unreadable("database-refused", message, "grant this user the right to read")


def _unreachable(address: Address, why: str) -> Unreadable:
    fix = f"check the host and the network; ${address.variable} names the database"
    if _LOGIN.search(why):
        fix = f"correct the user or the password in ${address.variable}"
    message = f"database {address.location} cannot be reached: {why}"
    return Unreadable("database-unreachable", message, fix)


def _host(text: str) -> tuple[str, str]:
    """Return hosts and ports, each a list with commas; a folder of sockets is a host."""
    pairs = [re.fullmatch(r"(\[[^\]]*\]|[^:]*)(?::(\d*))?", one) for one in text.split(",")]
    hosts = [pair[1].strip("[]") if pair else text for pair in pairs]
    ports = [(pair[2] or "") if pair else "" for pair in pairs]
    return ",".join(hosts), ",".join(ports) if any(ports) else ""


def _schema(options: Mapping[str, str]) -> str:
    """Return the schemas, with commas, that a tool's own option names."""
    names = ("schema", "currentSchema", "search_path")
    named = next((options[name] for name in names if options.get(name)), "")
    match = _PATH.search(options.get("options", ""))
    listed = named or (match[1] if match else "")
    return ",".join(name.strip('" ') for name in listed.split(","))
