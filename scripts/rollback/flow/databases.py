"""What the databases of a plan say of its migrations, and which of them it takes back."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from rollback import engines
from rollback.database_contracts import Engine, MigrationTool
from rollback.errors import RollbackError, Unreadable
from rollback.flow import database_findings, detect, schema, trees
from rollback.flow.site import Site, Source
from rollback.migrations import migrations as tools
from rollback.migrations._table import Table
from rollback.model import Address, Command, Database, Finding, Instance, Move
from rollback.reversal import applied as tables
from rollback.reversal.applied import Applied, Place
from rollback.settings.model import DatabaseSettings
from rollback.shell import Shell
from rollback.text import clean

Client = Callable[[str], Command | None]  # of a host: what starts a program there


class Asked(Struct, frozen=True):
    """What the command line asks of databases."""

    project: Path
    reverse: bool = False  # --with-db
    accept_loss: bool = False
    drill: bool = False  # --drill-backup
    accepted: str = ""  # --accept-schema

    def against(self, code: str, message: str, fix: str) -> Finding:
        """Return a finding that keeps a reversal away, and only warns where none was asked for."""
        return Finding("blocker" if self.reverse else "warning", code, message, fix)


class Scratch(Struct, frozen=True):
    """An empty database in which a reversal may be tried."""

    engine: Engine
    address: Address


class Answer(Struct, frozen=True):
    """A database that answered, and the migration tool's table in it."""

    engine_id: str
    engine: Engine
    address: Address
    instance: Instance
    at: Place
    applied: Applied
    scratch: Scratch | RollbackError | None = None  # None: the settings name none


class Known(Struct, frozen=True):
    """One database of a plan; `answer` is None where it was not read, or is not the right one.

    `ids` are those of applied migrations of this release, as in the tool's table. `beside` are
    further folders of migrations that go back together with those of `source`.
    """

    source: schema.Source
    database: Database
    settings: DatabaseSettings
    answer: Answer | None = None
    findings: tuple[Finding, ...] = ()
    beside: tuple[schema.Source, ...] = ()

    @property
    def folders(self) -> list[str]:
        return [source.folder.dir for source in (self.source, *self.beside)]


def read(site: Site, moves: Sequence[Move], asked: Asked) -> list[Known]:
    """Return every database whose migrations came with the releases being left.

    It is read where the settings name it, or a reversal is asked for: another database of this
    shell could make a plan look safer than it is.
    """
    sources = sources_of(site, moves, asked.project)
    every = [known for source in sources if (known := _known(site, moves, source, asked))]
    return [_judged(known, sources, asked) for known in every]


def sources_of(site: Site, moves: Sequence[Move], project: Path) -> list[schema.Source]:
    """Return the folders of migrations of each component.

    A folder of a database that the settings of one component name is not that of a component whose
    settings do not: a front end in the same repository has no part in it.
    """
    every = schema.sources(moves, detect.run(project).migrations)
    named = {
        source.folder for source in every if any(_named(part, source) for part in site.sources)
    }
    return [
        source
        for source in every
        if source.folder not in named or _named(_part(site, source), source)
    ]


def _known(site: Site, moves: Sequence[Move], source: schema.Source, asked: Asked) -> Known | None:
    settings = _named(_part(site, source), source)
    used = settings or DatabaseSettings()
    database = schema.database(asked.project, source, _engine_id(used) if settings else "")
    if database is None:
        return None
    plain = Known(source, database, used)
    if settings is None and not asked.reverse:
        return plain
    tool = tools[database.tool]
    if tool.TABLE is None:
        return replace(plain, findings=tuple(_unsupported(tool, database, asked)))
    try:
        answer = _answer(used, tool.TABLE, Shell(asked.project), _client(site, moves, source))
    except RollbackError as error:
        finding = asked.against(error.code, error.message, error.fix)
        return replace(plain, findings=(finding,))
    return replace(plain, answer=answer)


def _named(part: Source, source: schema.Source) -> DatabaseSettings | None:
    """Return what the settings of a component say of the database of these migrations."""
    for settings in part.environment.settings.databases:
        of_tool = settings.tool in (None, source.folder.tool)
        if of_tool and settings.directory in (None, source.folder.dir):
            return settings
    return None


def _part(site: Site, source: schema.Source) -> Source:
    return next(part for part in site.sources if part.component == source.component)


def _client(site: Site, moves: Sequence[Move], source: schema.Source) -> Client:
    """Return what tells how to start a program on a host of the application's own network."""
    part = _part(site, source)
    target = part.moves_of(moves)[0].target
    return lambda host: part.platform.database_client(target, host, part.shell)


def _engine_id(settings: DatabaseSettings) -> str:
    try:
        return engines.of(os.environ.get(settings.url, ""), settings.url)[0]
    except RollbackError:
        return ""


def _unsupported(tool: MigrationTool, database: Database, asked: Asked) -> Iterator[Finding]:
    if asked.reverse:
        message = f"--with-db is not built for {tool.TITLE} ({clean(database.where, 60)})"
        fix = "reverse its migrations with the tool itself, then plan without --with-db"
        yield Finding("blocker", "level-unsupported", message, fix)


def _answer(settings: DatabaseSettings, table: Table, shell: Shell, client: Client) -> Answer:
    """Read the database. Raises Usage (database-url, engine-unsupported,
    client-unsupported), Unreadable.
    """
    id, engine, address = _address(settings, settings.url, shell, client)
    own = settings.schema or table.schemas.get(address.engine)
    at = tables.place(engine, table, own, settings.table)
    instance = engine.instance(address, shell)
    applied = tables.read(engine, address, at, shell)
    return Answer(id, engine, address, instance, at, applied, _scratch(settings, shell, client))


def _scratch(
    settings: DatabaseSettings, shell: Shell, client: Client
) -> Scratch | RollbackError | None:
    """Return the scratch database of the settings, or why its variable cannot be used."""
    if settings.scratch is None:
        return None
    try:
        _, engine, address = _address(settings, settings.scratch, shell, client)
    except RollbackError as error:
        return error
    return Scratch(engine, address)


def _address(
    settings: DatabaseSettings, variable: str, shell: Shell, client: Client
) -> tuple[str, Engine, Address]:
    """Return the engine and the address of the URL in a variable. Raises Usage, Unreadable."""
    url = os.environ.get(variable, "")
    if not url.strip():
        message = f"the database cannot be read: ${variable} is not set"
        raise Unreadable("database-unreachable", message, f"export {variable}")
    id, engine = engines.of(url, variable)
    address = engine.parse(url, variable, shell.cwd)
    host = address.parts.get("host", "") if engines.has_client(id) else ""
    command = Command(settings.client) if settings.client else client(host) if host else None
    if command:
        id, engine = engines.through_client(id)
        address = _through(address, command)
    return id, engine, address


def _through(address: Address, client: Command) -> Address:
    location = f"{address.location}, through {clean(' '.join(client.argv), 120)}"
    return replace(address, location=location, client=client)


# ---- compared with the files --------------------------------------------------------------


def _judged(known: Known, sources: Sequence[schema.Source], asked: Asked) -> Known:
    """Keep the migrations that are applied; a database that does not fit decides nothing."""
    answer = known.answer
    if answer is None:
        return known
    tool, table = tools[known.database.tool], answer.at.table
    files = trees.of(known.source, tool, table, asked.project)
    ids = tables.ids(answer.applied, table, {*files.old, *files.new}, files.after)
    for other in sources:  # a tool may keep several folders in one table
        if other.folder.tool == known.source.folder.tool and other != known.source:
            beside = trees.of(other, tool, table, asked.project)
            ids -= {*beside.old, *beside.new} - {*files.old, *files.new}
    released = known.database.migrations
    kept = tuple(row for row in released if table.key(row.id) in ids)
    if finding := database_findings.wrong(answer, files, ids, asked, (released, kept)):
        return replace(known, answer=None, findings=(finding,))
    strange, _ = database_findings.strangers(answer, files, ids)
    if answer.applied.dirty:  # nobody knows how far it came
        kept = released
    counted = kept
    if strange and not asked.reverse:  # one of them may be one that seems not to be applied
        kept = released
    location = answer.address.location
    database = replace(known.database, migrations=kept, location=location)
    findings = (
        *database_findings.odd(answer, files, ids, asked),
        *database_findings.partial(released, counted, bool(strange)),
        *_made_twice(known.source, database, asked),
    )
    return replace(known, database=database, findings=findings)


def _made_twice(source: schema.Source, database: Database, asked: Asked) -> Iterator[Finding]:
    if asked.reverse:
        twice = schema.made_twice(asked.project, source, database.engine)
        rows = [row for row in database.migrations if row.file in twice]
        yield from database_findings.made_twice(rows, twice)
