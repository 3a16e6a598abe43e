"""Migrations of PostgreSQL, tried in a transaction of the scratch database that is rolled back."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from msgspec import Struct

from rollback.database_contracts import Row
from rollback.engines import _postgresql_session, postgresql, postgresql_client
from rollback.engines._postgresql_names import literal, quoted
from rollback.model import Address, Command
from rollback.rehearsal import Act, Place, Played, _difference, _postgresql_sql
from rollback.rehearsal._postgresql_schema import SETTINGS, catalogue as _catalogue
from rollback.shell import Answer, Shell
from rollback.text import clean

NEEDS_SCRATCH = True

refusal = _postgresql_sql.refusal

_SECONDS = 60
_LOCK = 5  # seconds: to write a definition down takes a lock of its table
_ACT = "act "  # a line of the output: the number of the act that comes next, or none
_STOP = ("-v", "ON_ERROR_STOP=1", "-v", "VERBOSITY=verbose")
_PSQL = ("psql", "-X", "-q", "-A", "-t", "-w", *_STOP, "-f", "-")
_READ = f"SELECT coalesce(jsonb_agg(q), '[]') FROM ({_catalogue()}) q;\n"
_SERVER = "(SELECT system_identifier::text FROM pg_catalog.pg_control_system())"
_OF_SESSION = f"""SELECT jsonb_build_array(jsonb_build_object('path', current_schemas(false),
  'server', {_SERVER}, 'settings', (SELECT jsonb_object_agg(name, setting) FROM pg_settings
    WHERE name IN ('TimeZone', 'DateStyle', 'IntervalStyle'))));
"""
_ERROR = re.compile(r"ERROR:\s+(\w{5}): (.*)")
# what comes of one transaction, of this server or of this user: it says nothing of the SQL
_OURS = re.compile(r"08|25|40|42501|53|54|55|57|58|XX|2D")
_SAVEPOINT = "rollback_schema"
# a transaction ends after each migration: only then may the next one alter its tables
_DEFERRED = """DO $rollback$ DECLARE it record; BEGIN
  FOR it IN SELECT DISTINCT n.nspname, k.conname, k.condeferred FROM pg_catalog.pg_constraint k
    JOIN pg_catalog.pg_namespace n ON n.oid = k.connamespace WHERE k.condeferrable
  LOOP
    EXECUTE pg_catalog.format('SET CONSTRAINTS %I.%I IMMEDIATE', it.nspname, it.conname);
    IF it.condeferred THEN
      EXECUTE pg_catalog.format('SET CONSTRAINTS %I.%I DEFERRED', it.nspname, it.conname);
    END IF;
  END LOOP;
END $rollback$;
"""


class _Session(Struct, frozen=True):
    """What a session of the live database has of its user, its database and its URL."""

    server: str
    path: list[str]
    settings: dict[str, str]

    @property
    def schemas(self) -> list[str]:
        return [name for name in self.path if name != "public" and not name.startswith("pg_")]

    @property
    def keeps_out(self) -> str:
        """Return a statement that fails on the server of the live database."""
        message = "this is the server of the database that is rolled back"
        return f"""DO $rollback$ BEGIN
  IF {_SERVER} = {literal(self.server)} THEN RAISE EXCEPTION USING MESSAGE = {literal(message)};
  END IF;
END $rollback$;
"""

    @property
    def text(self) -> str:
        """Return what makes another session one like it, whatever an act has left there."""
        values = {name: literal(value) for name, value in self.settings.items()}
        values["search_path"] = ", ".join(map(quoted, self.path)) or "''"
        values["statement_timeout"] = f"'{_SECONDS}s'"
        reset = "RESET SESSION AUTHORIZATION;\nRESET ROLE;\nRESET ALL;\n"
        return reset + "".join(f"SET LOCAL {name} = {value};\n" for name, value in values.items())


def play(stages: Sequence[Sequence[Act]], place: Place, shell: Shell) -> Played:
    """Run the acts in the scratch database. Raises Unreadable (database-*)."""
    address = place.scratch
    assert address
    script = "".join(_script(stages, _session(place.live, shell)))
    answer = _psql(address, script, shell)
    lines = [line for line in answer.stdout.split("\n") if line]
    read = "\n".join(line for line in lines if not line.startswith(_ACT))
    catalogues = _rows(address, Answer((0, read, "")))
    if not answer.status:
        return Played(catalogues)
    *_, number = ["", *(line.removeprefix(_ACT) for line in lines if line.startswith(_ACT))]
    met = _ERROR.search(answer.stderr)
    if not number or not met:  # it did not begin, or what is ours failed
        return Played(_rows(address, answer))
    acts = [act for stage in stages for act in stage]
    return Played(catalogues, acts[int(number)], clean(met[2], 160), not _OURS.match(met[1]))


def catalogue(address: Address, shell: Shell) -> list[Row]:
    """Return the whole schema. Raises Unreadable (database-*)."""
    limits = f"SET LOCAL lock_timeout = '{_LOCK}s';\nSET LOCAL statement_timeout = '{_SECONDS}s';\n"
    script = f"BEGIN READ ONLY;\n{limits}{SETTINGS}{_READ}"
    return _rows(address, _psql(address, script, shell))[0]


def plain(definition: str) -> str:
    """Return it as it is: the server has written all of them in its own way."""
    return definition


def as_expected(expected: Sequence[Row]) -> str:
    """Return a statement that fails and names what is other than these rows of the catalogue.

    The settings are put back: triggers that wait for the end need those of the migration.
    """
    lines = _difference.query(_catalogue(_difference.NAMES), expected, literal)
    text = f"{literal(_difference.MESSAGE + ': ')} || string_agg(line, '; ' ORDER BY line)"
    look = f"""DECLARE why text; BEGIN
  SELECT {text} INTO why FROM ({lines}) q;
  IF why IS NOT NULL THEN RAISE EXCEPTION USING MESSAGE = why; END IF;
EXCEPTION WHEN lock_not_available OR deadlock_detected THEN
  RAISE EXCEPTION USING ERRCODE = SQLSTATE,
    MESSAGE = 'the schema was not compared, somebody has a table of it locked: ' || SQLERRM;
END"""
    back = f"ROLLBACK TO SAVEPOINT {_SAVEPOINT};\n"
    return f"SAVEPOINT {_SAVEPOINT};\n{SETTINGS}DO {_dollars(look)};\n{back}"


def _script(stages: Sequence[Sequence[Act]], live: _Session) -> Iterator[str]:
    """Yield the transaction. In EXECUTE no statement can end it, and psql reads nothing in it."""
    texts = "\n".join(act.sql for stage in stages for act in stage)
    yield f"BEGIN;\n{live.keeps_out}"
    for name in live.schemas:
        if not re.search(rf'CREATE\s+SCHEMA\s+"?{re.escape(name)}\b', texts, re.IGNORECASE):
            yield f"CREATE SCHEMA IF NOT EXISTS {quoted(name)};\n"
    number = 0
    for stage in stages:
        for act in stage:
            run = f"EXECUTE {_dollars(_postgresql_sql.tried(act.sql))};"
            yield f"{live.text}SELECT '{_ACT}{number}';\n"
            yield f"DO {_dollars(f'BEGIN {run} END')};\n{live.text}{_DEFERRED}SELECT '{_ACT}';\n"
            number += 1
        yield f"SAVEPOINT {_SAVEPOINT};\n{SETTINGS}{_READ}ROLLBACK TO SAVEPOINT {_SAVEPOINT};\n"
    yield "ROLLBACK;\n"


def _dollars(text: str) -> str:
    """Return a text as SQL, in quotes that it does not hold itself."""
    number = 0
    while (tag := f"$rollback{number}$") in text:
        number += 1
    return f"{tag}\n{text}\n{tag}"


def _session(address: Address, shell: Shell) -> _Session:
    """Read what the migrations find in the live database. Raises Unreadable (database-*)."""
    script = f"BEGIN READ ONLY;\n{_postgresql_session.reading(address)}{_OF_SESSION}"
    ((found,),) = _rows(address, _psql(address, script, shell))
    return _Session(found["server"], found["path"], found["settings"])


def _psql(address: Address, script: str, shell: Shell) -> Answer:
    """Run psql, here or in the place of the address, with the script as its input."""
    limit = _SECONDS + postgresql.CONNECT
    if address.client:
        command = Command((*postgresql_client.there(address), *_PSQL), limit)
        return postgresql.in_time(
            address, lambda: shell.ask(command, given=f"{_password(address)}\n{script}"), _SECONDS
        )
    command = Command(_PSQL, limit)
    given = postgresql.variables(address)
    return postgresql.in_time(address, lambda: shell.ask(command, given, script), _SECONDS)


def _rows(address: Address, answer: Answer) -> list[list[Row]]:
    """Return the rows that psql printed. Raises Unreadable (database-*)."""
    met = _ERROR.search(answer.stderr)
    why = f"ERROR: {met[2]}" if met else answer.stderr
    return postgresql.rows(address, Answer((answer.status, answer.stdout, why)), _password(address))


def _password(address: Address) -> str:
    return postgresql.variables(address).get("PGPASSWORD") or ""
