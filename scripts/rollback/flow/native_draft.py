"""The reversal of one database by the migration tool itself, in the release that is left."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from shlex import join

from msgspec import Struct
from msgspec.structs import replace

from rollback.engines import _url
from rollback.errors import RollbackError
from rollback.flow import schema
from rollback.flow.databases import Answer, Asked, Known
from rollback.flow.reversal_draft import Draft, Reversed, slug
from rollback.flow.site import Source
from rollback.migrations._native import Native, Way
from rollback.model import Command, Finding, Guard, Inside, Line, Migration, Move
from rollback.reversal import sql
from rollback.reversal.component import Change, Reversal, Ways
from rollback.reversal.files import Sql
from rollback.reversal.heads import Heads
from rollback.script import functions, launch
from rollback.shell import last_line
from rollback.text import clean
from rollback.verdicts import dialect
from rollback.verdicts.operations import Operation

_PLAIN = re.compile(r"\w[\w.= -]*")  # no option, no range and no step of a tool
_SECONDS = 60  # for what a tool reads: it loads the application


class Place(Struct, frozen=True):
    """A tool with commands of its own, and the moves whose release may have them."""

    native: Native
    source: Source
    moves: Sequence[Move]


class NativeDraft(Draft):
    """Like a Draft, but each step is a command of the tool."""

    def __init__(self, known: Known, answer: Answer, asked: Asked, place: Place) -> None:
        super().__init__(known, answer, asked)
        self.place, self.native = place, place.native
        self.move = place.moves[0]  # the one in which the tool runs
        self.folder = self._home()

    def reversed(self, moves: Sequence[Move], number: int) -> Reversed:
        if finding := self._unusable():
            return Reversed(self.known, findings=(finding,))
        return super().reversed(moves, number)

    def _home(self) -> str | None:
        """Return the folder in which the tool's commands are run: above the migrations."""
        source, name = self.known.source, self.native.HOME
        paths = schema.files(self.asked.project, source.new, f":(glob)**/{name}")
        homes = [path.rpartition("/")[0] for path in paths]
        above = [
            home for home in homes if f"{source.folder.dir}/".startswith(f"{home}/" if home else "")
        ]
        return max(above, key=len, default=None)

    def _inside(self, argv: Sequence[str]) -> Inside | None:
        """Return the command in the release that is left, with `run:` of the settings."""
        source, run = self.place.source, self.known.settings.run
        words = (*run, *argv)
        inside = source.platform.inside(self.move, self.folder or "", words, source.shell)
        if inside and (inside.wraps or not run):
            return inside
        if not run:
            return None
        call = (str(self.asked.project), ".", *words)
        read = Command(("sh", "-c", functions.as_script("in_release"), "sh", *call))
        typed = f"({functions.typed_in_release(call[0], words)})"
        return Inside(Command(("in_release", *call), by_hand=typed), read, join(words[:3]))

    def _in_live(self) -> bool:
        """Whether `run:` leads to the release that is live, whichever that is then."""
        source, run = self.place.source, self.known.settings.run
        if not run:
            return False
        inside = source.platform.inside(self.move, self.folder or "", run, source.shell)
        return not (inside and inside.wraps)

    # ---- where it runs --------------------------------------------------------------------

    def _unusable(self) -> Finding | None:
        """Return what speaks against running the tool there; it is asked for its database."""
        tool = self.tool.TITLE
        if self.folder is None:
            message = f"{tool}: no {self.native.HOME} above {clean(self.known.database.where, 60)}"
            return Finding("blocker", "level-unsupported", message, _FIX)
        findings = []
        for move in self.place.moves:
            self.move = move
            inside = self._inside(self.native.ask(self._query()))
            finding = self._elsewhere(inside) if inside else self._nowhere()
            if finding is None:
                return None
            findings.append(finding)
        return findings[0]

    def _nowhere(self) -> Finding:
        message = f"{self.tool.TITLE} runs in the release being left: no way to run it there"
        return Finding("blocker", "level-unsupported", message, _FIX)

    def _elsewhere(self, inside: Inside) -> Finding | None:
        address = self.answer.address
        kept = launch.environment([*self.answer.engine.needed(address), address.variable])
        removed = dict.fromkeys(os.environ.keys() - kept.keys())
        try:
            answer = self.shell.ask(replace(inside.read, timeout=_SECONDS), removed)
        except RollbackError as error:
            return Finding("blocker", error.code, error.message, error.fix)
        if answer.status:
            why = _reason(answer.stderr, os.environ.get(address.variable, ""), address.variable)
            message = f"{self.tool.TITLE} does not run in {clean(inside.location, 80)}: {why}"
            return Finding("blocker", "tool-failed", message, _FIX)
        line = answer.stdout.rstrip().rpartition("\n")[2].strip()
        if line != self._expected():
            message = (
                f"{self.tool.TITLE} in {clean(inside.location, 80)} uses another database than "
                f"{address.location}"
            )
            fix = (
                f"${address.variable} should name the database that the application uses; what "
                "the tool needs besides: settings: database: {run: [env, NAME=VALUE]}"
            )
            return Finding("blocker", "wrong-database", message, fix)
        return None

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
        ways = self.native.ways(texts)
        forward = {script.path: script.operations for script in self.tool.read(texts)}
        gone = Way(problem="its file is not in the release being left")
        return [
            self._native_change(row, ways.get(row.file, gone), forward.get(row.file, ()))
            for row in self.rows
        ]

    def _native_change(self, row: Migration, way: Way, forward: Sequence[Operation]) -> Change:
        engine = dialect.named(self.answer.address.engine)
        odd = [word for word in (way.down[-1:] + way.up[-1:]) if not _PLAIN.fullmatch(word)]
        problem = f"a tool may read {odd[0]!r} as something else than a name" if odd else ""
        read = Sql(
            operations=tuple(dialect.resolve(way.operations, engine)),
            up_operations=tuple(dialect.resolve(forward, engine)),
            problem=way.problem or problem,
        )
        down, up = self._inside(way.down or ("true",)), self._inside(way.up or ("true",))
        assert down and up
        tool = Ways(down.script, up.script)
        kept = (self.answer.applied.rows or {}).get(self.table.key(row.id))
        id = self.table.of(kept) if kept else row.id
        return Change(id, slug(row.id), read, tool=tool)

    def _statements(self) -> sql.Statements:
        if self.table.heads:
            return Heads(self.answer.engine, self.answer.at, self.files.after)
        return super()._statements()

    def _reversal(self, changes: Sequence[Change], moves: Sequence[Move], number: int) -> Reversal:
        reversal = super()._reversal(changes, moves, number)
        inside = self._inside(self.native.ask(self._query()))
        assert inside
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


def _reason(stderr: str, url: str, variable: str) -> str:
    """Return the line of an error, without the URL and its password."""
    lines = [line for line in stderr.splitlines() if _ERROR.search(line)]
    why = lines[-1] if lines else stderr
    for secret in (url, _url.parse(url, variable).password):
        why = why.replace(secret, "***") if len(secret) > 3 else why
    return last_line(why)


_ERROR = re.compile(r"\w*(?:Error|Exception)\b.*:|[Cc]annot |[Nn]ot found|No such")
_FIX = "settings: database: {run: [what comes before the tool's command]}"
