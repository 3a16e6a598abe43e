"""The reversal of one database by the migration tool itself, in the release that is left."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Sequence

from msgspec.structs import replace

from rollback.contracts import payload
from rollback.errors import Unreadable
from rollback.flow import schema
from rollback.flow.databases import Answer, Asked, Known
from rollback.flow.in_release import FIX, InRelease, Place
from rollback.flow.reversal_draft import Reversed, slug
from rollback.migrations._native import AT_HOME, FOLDER, VARIABLE, Native, Way
from rollback.model import Command, Finding, Guard, Inside, Line, Migration, Move
from rollback.reversal import sql
from rollback.reversal.change import Change, Ways
from rollback.reversal.component import Reversal
from rollback.reversal.files import Sql
from rollback.reversal.heads import Heads
from rollback.reversal.sql import Statements
from rollback.reversal.turns import Turns
from rollback.text import clean
from rollback.verdicts import dialect
from rollback.verdicts.operations import Operation

_PLAIN = re.compile(r"\w[\w.= -]*")  # no option, no range and no step of a tool
PLACE = "place.json"  # the file of a place that is made anew
_TURN = "see that the tool applies and reverses this migration next, or leave the schema"
_UNASKED = "its tool takes the newest migration, and no container runs that could ask which it is"
_SECONDS = 60  # for what a tool reads: it loads the application


class NativeDraft(InRelease):
    """Like a Draft, but each step is a command of the tool."""

    def __init__(
        self, known: Known, answer: Answer, asked: Asked, at: tuple[Native, Place]
    ) -> None:
        self.native, place = at
        self.number = 1  # of this database in the plan
        self.unasked = ""  # where the tool will run although it cannot be asked in there now
        self.failures: tuple[Finding, ...] = ()  # why it does not run in the places that run
        super().__init__(known, answer, asked, place)

    def reversed(self, moves: Sequence[Move], number: int) -> Reversed:
        self.number = number
        if finding := self._unusable():
            return Reversed(self.known, findings=(finding,))
        made = super().reversed(moves, number)
        if not self.unasked:
            return made
        told = self.failures if made.reversal is None else (self._about_asking(), *self.failures)
        return replace(made, findings=(*made.findings, *told))

    # ---- where it runs --------------------------------------------------------------------

    def _unusable(self) -> Finding | None:
        """Return what speaks against running the tool there; it is asked for its database.

        Where nothing runs it is asked by the step, before its first command.
        """
        findings: list[Finding] = []
        unasked: tuple[Move, int, str] | None = None
        for inside in self._places(self._placed(self.native.ask(self._query()))):
            if isinstance(inside, Inside) and inside.read is None:
                unasked = unasked or (self.move, self.way, inside.location)
                continue
            finding = inside if isinstance(inside, Finding) else self._elsewhere(inside)
            if finding is None:
                return None
            findings.append(finding)
        elsewhere = next((row for row in findings if row.code == "wrong-database"), None)
        if unasked is None or elsewhere:
            return elsewhere or findings[0]
        self.move, self.way, self.unasked = unasked
        self.failures = tuple(replace(row, level="warning") for row in findings)
        return None

    def _elsewhere(self, inside: Inside) -> Finding | None:
        address, printed = self.answer.address, self._printed(inside)
        if isinstance(printed, Finding):
            return printed
        if printed.rstrip().rpartition("\n")[2].strip() == self._expected():
            return None
        message = (
            f"{self.tool.TITLE} in {clean(inside.location, 80)} uses another database than "
            f"{address.location}"
        )
        fix = (
            f"${address.variable} should name the database that the application uses; what "
            "the tool needs besides: settings: database: {run: [env, NAME=VALUE]}"
        )
        return Finding("blocker", "wrong-database", message, fix)

    def _about_asking(self) -> Finding:
        message = (
            f"no container of {clean(self.unasked, 80)} runs: {self.tool.TITLE} is asked which "
            "database it uses in the pod that its step makes, before it changes anything"
        )
        fix = "read the step; a wrong database ends the run there"
        return Finding("warning", "tool-unasked", message, fix)

    def _placed(self, words: Sequence[str]) -> list[str]:
        """Return a command with the folder of the migrations and the variable filled in."""
        place = posixpath.relpath(self.known.source.folder.dir, self.folder or ".")
        known = {FOLDER: place, VARIABLE: self.answer.address.variable}
        first = [word.partition("/") for word in words]
        return [known.get(name, name) + slash + rest for name, slash, rest in first]

    def _home_text(self) -> dict[str, str]:
        """Return the file beside which the tool runs."""
        path = f"{self.folder}/{self.place.home}" if self.folder else self.place.home
        place = f":(literal){path}"
        texts = schema.files(self.asked.project, self.known.source.new, place)
        return {AT_HOME: texts[path]} if path in texts else {}

    def _query(self) -> str:
        return self.answer.engine.tool_where(self.answer.address)

    def _expected(self) -> str:
        answer = self.answer
        ((row,),) = answer.engine.read(answer.address, [self._query()], self.shell)
        return str(row["line"])

    # ---- what it does ---------------------------------------------------------------------

    def _changes(self) -> list[Change]:
        source = self.known.source
        texts = schema.files(self.asked.project, source.new, *self.known.folders)
        ways = self.native.ways({**texts, **self._home_text()})
        forward = {script.id: script.operations for script in self.tool.read(texts)}
        gone = Way(problem="its file is not in the release being left")
        known = [ways.get(row.id) or ways.get(row.file, gone) for row in self.rows]
        changes = [
            self._native_change(row, way, forward.get(row.id, ()))
            for row, way in zip(self.rows, known, strict=True)
        ]
        if self.unasked and any(way.newest for way in known):
            return [replace(change, sql=Sql(problem=_UNASKED, fix=FIX)) for change in changes]
        if any(way.newest for way in known):
            changes = self._in_turn(changes, known, list(forward))
        return _with_names(changes)

    def _in_turn(
        self, changes: Sequence[Change], ways: Sequence[Way], files: Sequence[str]
    ) -> list[Change]:
        """Return the changes, with the problem of those in whose place the tool takes another."""
        asked = next((way.unapplied for way in ways if way.unapplied), ())
        unapplied = self._printed_ids(asked) if asked else ()
        beside = set(self.beside)
        table = [id for id in self.answer.applied.rows or {} if id not in beside]
        turns = Turns(
            files if asked else (), table, [self.table.key(row.id) for row in self.rows], unapplied
        )
        pairs = zip(changes, turns.rows, strict=True)
        return [
            change
            if change.sql.problem or not (problem := turns.problem(id))
            else replace(change, sql=Sql(problem=problem, fix=_TURN))
            for change, id in pairs
        ]

    def _printed_ids(self, argv: Sequence[str]) -> Sequence[str]:
        """Return the lines that a command of the tool prints. Raises Unreadable (tool-failed)."""
        inside = self._inside(self._placed(argv))
        assert inside
        printed = self._printed(inside)
        if isinstance(printed, Finding):
            raise Unreadable("tool-failed", printed.message, printed.fix)
        return tuple(printed.splitlines())

    def _native_change(self, row: Migration, way: Way, forward: Sequence[Operation]) -> Change:
        engine = dialect.named(self.answer.address.engine)
        odd = [word for word in way.names if not _PLAIN.fullmatch(word)]
        problem = f"a tool may read {odd[0]!r} as something else than a name" if odd else ""
        read = Sql(
            operations=tuple(dialect.resolve(way.operations, engine)),
            up_operations=tuple(dialect.resolve(forward, engine)),
            problem=way.problem or problem,
        )
        down, up = (self._script(self._placed(words or ("true",))) for words in (way.down, way.up))
        kept = (self.answer.applied.rows or {}).get(self.table.key(row.id))
        id = self.table.of(kept) if kept else row.id
        rows = Statements(self.answer.engine, self.answer.at)
        tool = Ways(down, up, way.marks or rows.by_hand(id, kept or {}), way.newest)
        return Change(id, slug(row.id), read, tool=tool)

    def _script(self, argv: Sequence[str]) -> Command:
        """Return the command as a step runs it.

        A place that is made anew is asked there for its database: no guard can look into it.
        """
        plain = self._inside(argv)
        assert plain
        if not plain.payload:
            return plain.script
        ask = self._placed(self.native.ask(self._query()))
        asked = self._inside((self._expected(), str(len(ask)), *ask, *argv))
        assert asked
        function, *words = asked.script.argv
        path = payload(self._component(self.number), PLACE)
        return replace(asked.script, argv=(function, path, *words))

    def _statements(self) -> sql.Statements:
        if self.table.heads:
            return Heads(self.answer.engine, self.answer.at, self.files.after)
        return super()._statements()

    def _reversal(self, changes: Sequence[Change], moves: Sequence[Move], number: int) -> Reversal:
        reversal = super()._reversal(changes, moves, number)
        inside = self._inside(self._placed(self.native.ask(self._query())))
        assert inside
        if inside.payload:
            return replace(reversal, files={PLACE: inside.payload}, ended=inside.ended)
        address = self.answer.address
        needed = (*self.answer.engine.needed(address), address.variable)
        variables = {*needed, *inside.script.variables}
        words = ("last_line_of", *inside.script.argv)
        line = self._expected()
        guard = Guard(
            f"{reversal.move.id}.tool",
            f"the database of {self.tool.TITLE} in {clean(inside.location, 80)}",
            Command(words, _SECONDS, tuple(sorted(variables))),
            (Line(line, line),),
        )
        return replace(reversal, tool_where=guard, in_live=self._in_live())


def _with_names(changes: Sequence[Change]) -> list[Change]:
    """Return them with names of their own: ids may differ in their punctuation only."""
    names = [change.name for change in changes]
    return [
        replace(change, name=f"{change.name}-{at}") if names.count(change.name) > 1 else change
        for at, change in enumerate(changes, 1)
    ]
