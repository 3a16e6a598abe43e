"""Migrations of PostgreSQL, tried in a transaction of the scratch database that is rolled back."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Iterator, Sequence

from rollback.engines import _postgresql_session, postgresql, postgresql_client
from rollback.engines._postgresql_names import quoted
from rollback.model import Address, Command
from rollback.rehearsal import Act, Played
from rollback.shell import Answer, Shell
from rollback.text import clean

NEEDS_SCRATCH = True
OWN_SERVER = False

_SECONDS = 60
_ACT = "act "  # a line of the output: the act that comes next
_SETTINGS = ("-X", "-q", "-A", "-t", "-w", "-v", "ON_ERROR_STOP=1", "-v", "VERBOSITY=terse")
_READ = f"SELECT coalesce(jsonb_agg(q), '[]') FROM ({postgresql.CATALOGUE}) q"  # noqa: S608
_OF_PSQL = re.compile(r"^\\.*$", re.MULTILINE)
_CONCURRENTLY = re.compile(r"\bCONCURRENTLY\b", re.IGNORECASE)  # needs to be outside a transaction
_ERROR = re.compile(r"ERROR:\s*(.*)")


def play(stages: Sequence[Sequence[Act]], address: Address | None, shell: Shell) -> Played:
    """Run the acts in the database of this address. Raises Unreadable (database-*)."""
    assert address
    answer = _psql(address, "".join(_script(stages, address)), shell)
    lines = answer.stdout.splitlines()
    catalogues = [json.loads(line) for line in lines if not line.startswith(_ACT)]
    if not answer.status:
        return Played(catalogues)
    started = [int(line.removeprefix(_ACT)) for line in lines if line.startswith(_ACT)]
    met = _ERROR.search(answer.stderr)
    if not started or not met:
        postgresql.rows(address, answer, _password(address))  # raises: it did not begin
    acts = [act for stage in stages for act in stage]
    return Played(catalogues, acts[started[-1]], clean(met[1] if met else "", 160))


def _script(stages: Sequence[Sequence[Act]], address: Address) -> Iterator[str]:
    """Yield the transaction. In EXECUTE no statement can end it, and psql reads nothing in it."""
    names = [name for name in address.schema.split(",") if name and name != "public"]
    path = _postgresql_session.reading(address) or "RESET search_path;\n"
    yield f"BEGIN;\nSET LOCAL statement_timeout = '{_SECONDS}s';\n"
    yield "".join(f"CREATE SCHEMA IF NOT EXISTS {quoted(name)};\n" for name in names)
    number = 0
    for stage in stages:
        for act in stage:
            sql = _CONCURRENTLY.sub("", _OF_PSQL.sub("", act.sql))
            tag = f"$act_{secrets.token_hex(8)}$"
            yield f"{path}SELECT '{_ACT}{number}';\n"
            yield f"DO {tag}BEGIN EXECUTE {tag[:-1]}_sql$\n{sql}\n{tag[:-1]}_sql$; END {tag};\n"
            number += 1
        yield f"{path}{_READ};\n"
    yield "ROLLBACK;\n"


def _psql(address: Address, script: str, shell: Shell) -> Answer:
    """Run psql, here or in the place of the address, with the script as its input."""
    words = ("psql", *_SETTINGS, "-f", "-")
    limit = _SECONDS + postgresql.CONNECT
    if address.client:
        command = Command((*postgresql_client.there(address), *words), limit)
        return postgresql.in_time(
            address, lambda: shell.ask(command, given=f"{_password(address)}\n{script}"), _SECONDS
        )
    command = Command(words, limit)
    given = postgresql.variables(address)
    return postgresql.in_time(address, lambda: shell.ask(command, given, script), _SECONDS)


def _password(address: Address) -> str:
    return postgresql.variables(address).get("PGPASSWORD") or ""
