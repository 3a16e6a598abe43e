"""The component of one database: backup, a step per migration, guards, and their payloads."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from rollback.contracts import payload
from rollback.database_contracts import Engine
from rollback.model import Address, Command, Component, Guard, Line, Move, Probe, Step, Undo
from rollback.reversal import backup, effects, loss
from rollback.reversal.backup import Making
from rollback.reversal.change import Change, ids_of
from rollback.reversal.effects import Name
from rollback.reversal.sql import ABSENT, APPLIED, Statements, proven

CONNECTION, OPENING, WHERE, LINES = "connection", "opening.sql", "where.sql", "applied.sql"
SETTLED = "settled.sql"
CHANGE_SECONDS = 600


class Reversal(Struct, frozen=True):
    """Everything about one database that goes back. `changes` are newest first.

    `others` is the line that shows that nothing else of the tool's table has changed, `where` the
    one that shows that it is the same database. `in_live`: the tool runs in whatever release is
    live, so it goes forward only once the newer one is back.
    """

    engine_id: str
    engine: Engine
    address: Address
    tool: str
    statements: Statements
    changes: tuple[Change, ...]
    move: Move
    backup: str
    others: str
    where: str
    tool_where: Guard | None = None  # for a tool that connects by itself
    made: Making = Making()
    in_live: bool = False
    beside: tuple[str, ...] = ()  # migrations in the same table that go back on their own
    files: Mapping[str, bytes] = {}  # of the place in which a tool runs
    ended: Command | None = None  # of that place: see Inside

    @property
    def undo_first(self) -> bool:
        """Whether the newer code needs what a restore brings back."""
        return not self.in_live and not all(
            effects.only_takes_away(row.sql.up_operations) for row in self.changes
        )


def component(reversal: Reversal, stage: int) -> Component:
    """Return guards and steps of one database."""
    return Component(
        id=reversal.move.target.component,
        adapter=f"migrations/{reversal.tool}",
        part="database",
        stage=stage,
        moves=(reversal.move,),
        guards=tuple(_guards(reversal)),
        steps=tuple(_step(reversal, change) for change in reversal.changes),
        undo_first=reversal.undo_first,
        undo_last=reversal.in_live,
    )


def backups(reversals: Sequence[Reversal], id: str) -> Component:
    """Return the component that is first of all: a backup for every reversal.

    Also where two are of one database: a backup is made again by a later start as long as its own
    reversal changed nothing, when the other's may already have dropped rows.
    """
    steps = tuple(_backup(reversal, id) for reversal in reversals)
    return Component(id, f"migrations/{reversals[0].tool}", "database", 0, steps=steps)


def payloads(reversal: Reversal) -> Mapping[str, bytes]:
    """Return the files that the steps name. Raises Usage (database-url)."""
    engine, address, statements = reversal.engine, reversal.address, reversal.statements
    ids = ids_of(reversal.changes)
    reading = engine.reading(address)
    lines = [*statements.lines(ids), statements.others([*ids, *reversal.beside])]
    files = {
        OPENING: engine.opening(address),
        SETTLED: engine.settled(address),
        WHERE: f"{engine.where(address)};\n",
        LINES: reading + "".join(f"{line};\n" for line in lines),
    }
    for change in reversal.changes:
        files |= dict(_of_change(reversal, change, reading))
    encoded = {name: text.encode() for name, text in files.items()}
    return {CONNECTION: engine.connection(address), **encoded, **reversal.files}


def _of_change(reversal: Reversal, change: Change, reading: str) -> Iterator[tuple[str, str]]:
    statements, ids, script = reversal.statements, change.ids, reversal.engine.script
    yield f"{change.name}.down-proof.sql", f"{reading}{statements.proof(ids, _down(change))};\n"
    yield f"{change.name}.up-proof.sql", f"{reading}{statements.proof(ids, _up(change))};\n"
    if change.tool:
        first = f"{statements.is_newest(change.id)};\n" if change.tool.newest else ""
        looks = first + loss.looks(reversal.engine, change.limits)
        yield f"{change.name}.down-count.sql", reading + looks
        yield f"{change.name}.up-count.sql", reading
        return
    counted = loss.statements(reversal.engine, change.limits)
    yield _opening(change, "down"), reversal.engine.opening(reversal.address) + counted
    yield f"{change.name}.down.sql", script(change.sql.down)
    yield f"{change.name}.down-row.sql", _rows(reversal, change, "down")
    for way in ("down", "up"):
        if text := _schema_of(change, way):
            yield _schema(change, way), text
    yield f"{change.name}.up.sql", script(change.sql.up)
    yield f"{change.name}.up-row.sql", _rows(reversal, change, "up")


def _rows(reversal: Reversal, change: Change, way: str) -> str:
    """Return the statements about the rows of the tool's table."""
    statements = reversal.statements
    rows = ((change.id, change.row), *change.together.items())
    if way == "down":
        return "".join(statements.remove(id, change.below) for id, _ in rows)
    return "".join(statements.add(id, change.below, row) for id, row in reversed(rows))


def _down(change: Change) -> Mapping[Name, bool]:
    return effects.named(change.sql.operations)


def _up(change: Change) -> Mapping[Name, bool]:
    return effects.named(change.sql.up_operations)


def _guards(reversal: Reversal) -> Iterator[Guard]:
    move, location = reversal.move, reversal.address.location
    where = _read(reversal, WHERE)
    same = Line(reversal.where, reversal.where)
    yield Guard(f"{move.id}.where", f"the database {location}", where, (same,))
    if reversal.tool_where:
        yield reversal.tool_where
    rows = [Line(f"{id} {APPLIED}", f"{id} {ABSENT}", move.id) for id in ids_of(reversal.changes)]
    subject = f"what is applied in {location}"
    others = Line(reversal.others, reversal.others)
    yield Guard(f"{move.id}.applied", subject, _read(reversal, LINES), (*rows, others))


def _step(reversal: Reversal, change: Change) -> Step:
    move, titles = reversal.move, change.titles
    return Step(
        id=f"{move.id}.{change.name.lower()}",
        title=titles[0],
        do=_change(reversal, change, "down"),
        proof=_proof(reversal, change, "down", proven(ABSENT, _down(change))),
        undo=Undo(
            titles[1],
            _change(reversal, change, "up"),
            _proof(reversal, change, "up", proven(APPLIED, _up(change))),
        ),
        part="database",
        moves=(move.id,),
        deadline=CHANGE_SECONDS,
        reminder=change.reminder,
    )


def _change(reversal: Reversal, change: Change, way: str) -> Command:
    if change.tool:
        return _by_tool(reversal, change, way)
    last = [_schema(change, way)] if _schema_of(change, way) else []
    names = (_opening(change, way), *(f"{change.name}.{way}{it}.sql" for it in ("", "-row")), *last)
    files = [shlex.quote(path) for path in _paths(reversal, names)]
    typed = reversal.engine.typed_change(reversal.address, *files)
    call = _call(reversal, "change", *names, seconds=CHANGE_SECONDS)
    return replace(call, by_hand=typed)


def _by_tool(reversal: Reversal, change: Change, way: str) -> Command:
    """Return the tool's command, followed by a look at what it did."""
    assert change.tool
    forward = way == "up"
    command = change.tool.up if forward else change.tool.down
    marked = change.tool.marks[forward]
    expect = proven(APPLIED, _up(change)) if forward else proven(ABSENT, _down(change))
    names = [f"{change.name}.{way}-{what}.sql" for what in ("count", "proof")]
    paths = _paths(reversal, names)
    operations = change.sql.up_operations if forward else change.sql.operations
    advice = marked if effects.tells(operations) else ""
    words = ("migrate", _function(reversal, "read"), *paths, advice, expect, *command.argv)
    needed = (*reversal.engine.needed(reversal.address), reversal.address.variable)
    variables = {*needed, *command.variables}
    return Command(words, CHANGE_SECONDS, tuple(sorted(variables)), command.by_hand)


def _schema(change: Change, way: str) -> str:
    """Return the file that takes the change back unless the schema is as it says."""
    return f"{change.name}.{way}-schema.sql"


def _schema_of(change: Change, way: str) -> str:
    return change.expects if way == "down" else change.brings_back


def _opening(change: Change, way: str) -> str:
    """Return the file that comes first: what a down loses is counted again."""
    return f"{change.name}.down-opening.sql" if way == "down" else OPENING


def _proof(reversal: Reversal, change: Change, way: str, expect: str) -> Probe:
    """Return the look at a migration; before it, what a killed start left has to end."""
    look = _call(reversal, "read", SETTLED, f"{change.name}.{way}-proof.sql", seconds=20)
    look = replace(look, argv=("settled", *look.argv))
    if (ended := reversal.ended) and change.tool:
        variables = tuple(sorted({*look.variables, *ended.variables}))
        look = replace(ended, argv=(*ended.argv, *look.argv), variables=variables)
    return Probe(look, expect)


def _read(reversal: Reversal, name: str) -> Command:
    return _call(reversal, "read", name, seconds=20)


def _call(reversal: Reversal, function: str, *names: str, seconds: float) -> Command:
    variables = reversal.engine.needed(reversal.address)
    words = (_function(reversal, function), *_paths(reversal, names))
    return Command(words, seconds, variables)


def _paths(reversal: Reversal, names: Sequence[str]) -> list[str]:
    """Return the paths of the connection and of these files, relative to the run folder."""
    return [payload(reversal.move.target.component, name) for name in (CONNECTION, *names)]


def _function(reversal: Reversal, name: str) -> str:
    return f"{reversal.engine_id.replace('-', '_')}_{name}"


def _backup(reversal: Reversal, id: str) -> Step:
    connection, applied = _paths(reversal, [LINES])
    backed_up = (reversal.backup, connection, applied)
    made, location = reversal.made, reversal.address.location
    words = (_function(reversal, "drill" if made.drill else "backup"), connection, reversal.backup)
    variables = reversal.engine.needed(reversal.address)
    typed = reversal.engine.typed_backup(reversal.address, shlex.quote(connection), reversal.backup)
    by_engine = Command(words, backup.SECONDS, variables, typed)
    return Step(
        id=f"{id}.{reversal.move.target.component}",
        title=f"Back up the database {location}{' and restore a copy' if made.drill else ''}",
        do=backup.command(made, by_engine, reversal.backup),
        proof=Probe(Command((_function(reversal, "backed_up"), *backed_up), 20, variables), "yes"),
        part="database",
        deadline=backup.SECONDS,
        reminder=f"backup of {location} before the change: {_named(reversal)}",
    )


def _named(reversal: Reversal) -> str:
    return f"its name is in {reversal.backup}" if reversal.made.command else reversal.backup
