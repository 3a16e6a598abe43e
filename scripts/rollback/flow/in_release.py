"""The reversal of one database for which a migration tool runs in the release that is left."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from shlex import join

from msgspec import Struct
from msgspec.structs import replace

from rollback.engines import _url
from rollback.errors import RollbackError
from rollback.flow import schema
from rollback.flow.databases import Answer, Asked, Known
from rollback.flow.reversal_draft import Draft
from rollback.flow.site import Source
from rollback.model import Command, Finding, Inside, Move
from rollback.script import functions, launch
from rollback.shell import last_line
from rollback.text import clean

_SECONDS = 60  # for what a tool reads: it loads the application
_ERROR = re.compile(r"\w*(?:Error|Exception)\b.*:|[Cc]annot |[Nn]ot found|No such")
FIX = "settings: database: {run: [what comes before the tool's command]}"


class Place(Struct, frozen=True):
    """`home` is the file beside which the tool runs; the release of `moves` may have it."""

    home: str
    source: Source
    moves: Sequence[Move]


class InRelease(Draft):
    """A Draft that knows how the tool is run in the release that is left."""

    def __init__(self, known: Known, answer: Answer, asked: Asked, place: Place) -> None:
        super().__init__(known, answer, asked)
        self.place = place
        self.move, self.way = place.moves[0], 0  # where the tool runs
        self.folder = self._home()

    def _home(self) -> str | None:
        """Return the folder in which the tool's commands are run: above the migrations."""
        source = self.known.source
        paths = schema.files(self.asked.project, source.new, f":(glob)**/{self.place.home}")
        homes = [path.rpartition("/")[0] for path in paths]
        above = [
            home for home in homes if f"{source.folder.dir}/".startswith(f"{home}/" if home else "")
        ]
        return max(above, key=len, default=None)

    def _inside(self, argv: Sequence[str]) -> Inside | None:
        """Return the command in the release that is left, with `run:` of the settings."""
        run = self.known.settings.run
        words = (*run, *argv)
        ways = self._ways(words)
        inside = ways[self.way] if self.way < len(ways) else None
        if inside and (inside.wraps or not run):
            return inside
        if not run:
            return None
        call = (str(self.asked.project), ".", *words)
        read = Command(("sh", "-c", functions.as_script("in_release"), "sh", *call))
        typed = f"({functions.typed_in_release(call[0], words)})"
        return Inside(Command(("in_release", *call), by_hand=typed), read, join(words[:3]))

    def _ways(self, words: Sequence[str]) -> Sequence[Inside]:
        source = self.place.source
        return source.platform.inside(self.move, self.folder or "", words, source.shell)

    def _in_live(self) -> bool:
        """Whether `run:` leads to the release that is live, whichever that is then."""
        run = self.known.settings.run
        return bool(run) and not any(way.wraps for way in self._ways(run))

    def _places(self, argv: Sequence[str]) -> Iterator[Inside | Finding]:
        """Yield the command in each release that may have the tool, and why there is none."""
        tool = self.tool.TITLE
        if self.folder is None:
            where = clean(self.known.database.where, 60)
            message = f"{tool}: no {self.place.home} above {where}"
            yield Finding("blocker", "level-unsupported", message, FIX)
            return
        for move in self.place.moves:
            self.move = move
            for way in range(max(1, len(self._ways(argv)))):
                self.way = way
                message = f"{tool} runs in the release being left: no way to run it there"
                yield self._inside(argv) or Finding("blocker", "level-unsupported", message, FIX)

    def _printed(self, inside: Inside, given: str | None = None) -> str | Finding:
        """Return what the tool prints in there; a finding says why it does not run."""
        if inside.read is None:
            message = f"{self.tool.TITLE}: no container of {clean(inside.location, 80)} runs"
            return Finding("blocker", "nothing-runs", message, FIX)
        address = self.answer.address
        needed = (*self.answer.engine.needed(address), address.variable)
        kept = launch.environment([*needed, *inside.read.variables])
        removed = dict.fromkeys(os.environ.keys() - kept.keys())
        try:
            answer = self.shell.ask(replace(inside.read, timeout=_SECONDS), removed, given)
        except RollbackError as error:
            return Finding("blocker", error.code, error.message, error.fix)
        if answer.status == 0:
            return answer.stdout
        why = reason(answer.stderr, os.environ.get(address.variable, ""), address.variable)
        message = f"{self.tool.TITLE} does not run in {clean(inside.location, 80)}: {why}"
        return Finding("blocker", "tool-failed", message, FIX)


def reason(stderr: str, url: str, variable: str) -> str:
    """Return the line of an error, without the URL and its password."""
    lines = [line for line in stderr.splitlines() if _ERROR.search(line)]
    why = lines[-1] if lines else stderr
    for secret in _url.secrets(url, variable):
        why = why.replace(secret, "***")
    return last_line(why)
