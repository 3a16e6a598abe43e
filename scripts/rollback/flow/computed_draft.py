"""The reversal of one database by SQL that the migration tool computes from two schemas."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from msgspec.structs import replace

from rollback.contracts import payload
from rollback.flow import schema
from rollback.flow.databases import Answer, Asked, Known
from rollback.flow.in_release import InRelease, Place
from rollback.flow.reversal_draft import Reversed, slug
from rollback.migrations._computed import Computed
from rollback.model import Finding, Lost, Migration, Move
from rollback.reversal import covered, files
from rollback.reversal.change import Change
from rollback.reversal.files import Sql
from rollback.reversal.net import Net, net
from rollback.text import clean
from rollback.verdicts import dialect
from rollback.verdicts.operations import Operation

_FEW = 3  # migrations named in a warning
_MOST = 200_000  # bytes of a down that a person wrote


class ComputedDraft(InRelease):
    """One change for all migrations: only a down that a person wrote is of one of them."""

    def __init__(
        self, known: Known, answer: Answer, asked: Asked, at: tuple[Computed, Place]
    ) -> None:
        self.computed, place = at
        super().__init__(known, answer, asked, place)
        self.script = ""
        self.stays: tuple[str, ...] = ()  # data that the down does not bring back
        self.uncommitted: list[str] = []
        self.texts = self._texts()
        self.rows = tuple(self._by_hand(row) for row in self.rows)
        self.by_hand = any(row.reversal == "per-file" for row in self.rows)

    def reversed(self, moves: Sequence[Move], number: int) -> Reversed:
        if self.by_hand:
            return self._with_notes(super().reversed(moves, number), list(self._about_files()))
        script = self._script()
        if isinstance(script, Finding):
            return Reversed(self.known, findings=(script,))
        self.script = script
        made = super().reversed(moves, number)
        return self._with_notes(made, [self._about(made)] if made.reversal else [])

    def _with_notes(self, made: Reversed, notes: Sequence[Finding]) -> Reversed:
        return replace(made, findings=(*notes, *made.findings))

    def _texts(self) -> dict[str, str]:
        """Return the files of the release; downs that are not committed lie in this project."""
        texts = schema.files(
            self.asked.project, self.known.source.new, self.known.source.folder.dir
        )
        for row in self.rows:
            path = self.computed.by_hand(row.file)
            file = Path(self.asked.project, path)
            plain = file.is_file() and not file.is_symlink()
            if path not in texts and plain and file.stat().st_size < _MOST:
                texts[path] = file.read_text(errors="replace")
                self.uncommitted.append(path)
        return texts

    def _by_hand(self, row: Migration) -> Migration:
        """Return the migration, which has a down of its own where a person wrote it."""
        written = self.tool.down(row.file, self.texts) is not None
        return replace(row, reversal="per-file") if written else row

    def _write(self) -> str:
        name = self.computed.by_hand(self.rows[0].file).rpartition("/")[2]
        return f"write the down of each migration into a file beside it: {clean(name, 80)}"

    # ---- what it does ---------------------------------------------------------------------

    def _changes(self) -> list[Change]:
        if not self.by_hand:
            return [self._whole()]
        return [self._change(row, self.texts) for row in self.rows]

    def _whole(self) -> Change:
        """Return all migrations as one change, with what speaks against the computed down."""
        ups = [files.forward(self.tool, row.file, self.texts) or "" for row in self.rows]
        operations = [self._operations(text) for text in ups]
        every = net([part for parts in reversed(operations) for part in parts])
        again = [covered.forward(text, every) for text in ups[::-1]]
        sql = files.of(self.script, [text for text, _ in again], self.answer.address.engine)
        rows = self.answer.applied.rows or {}
        ids = [row.id for row in self.rows]
        kept = {id: rows.get(self.table.key(id), {}) for id in ids}
        change = Change(ids[0], slug(ids[0]), sql, kept.pop(ids[0]), together=kept)
        twice = next((why for _, why in again if why), "")
        if problem := sql.problem or twice:
            return replace(change, sql=Sql(problem=f"{problem}; {self._write()}"))
        return self._covered(change, operations, every)

    def _covered(
        self, change: Change, operations: Sequence[Sequence[Operation]], every: Net
    ) -> Change:
        down = net(change.sql.operations)
        for row, parts in zip(self.rows, operations, strict=True):
            if why := covered.problem(parts, every, down):
                problem = f"{why}; {self._write()}"
                return Change(row.id, slug(row.id), Sql(problem=problem))
            self.stays += tuple(f"{row.id}: {text}" for text in covered.rest(parts, every))
        every_part = [part for parts in operations for part in parts]
        if why := covered.beyond(every_part, change.sql.operations):
            return replace(change, sql=Sql(problem=f"{why}; {self._write()}"))
        return change

    def _operations(self, text: str) -> list[Operation]:
        engine = dialect.named(self.answer.address.engine)
        return dialect.read(text, engine)

    def _losses(self, changes: Sequence[Change]) -> tuple[list[Change], list[Lost | None]]:
        limited, (first, *others) = super()._losses(changes)
        if self.stays:
            known = first or Lost(0, 0, ())
            first = replace(known, unknown=(*known.unknown, *(clean(it, 80) for it in self.stays)))
        missing: list[Lost | None] = [None] * (len(self.rows) - 1 - len(others))
        return limited, [first, *others, *missing]

    # ---- the tool's own SQL ---------------------------------------------------------------

    def _script(self) -> str | Finding:
        """Return the SQL that the tool computes; a finding says why there is none."""
        engine, source = self.answer.address.engine, self.known.source
        if engine not in self.computed.engines:
            message = f"{self.tool.TITLE} computes a down for PostgreSQL only here"
            return Finding("blocker", "level-unsupported", message, self._write())
        new, old = (
            schema.files(self.asked.project, commit, *self.computed.schemas)
            for commit in (source.new, source.old)
        )
        given = self.computed.given(source.folder.dir, new, old)
        if given is None:
            message = f"{self.tool.TITLE}: the schema file is not in both releases"
            return Finding("blocker", "level-unsupported", message, self._write())
        return self._printed_script(given)

    def _printed_script(self, given: str) -> str | Finding:
        findings = []
        for inside in self._places(self.computed.command):
            made = inside if isinstance(inside, Finding) else self._printed(inside, given)
            if isinstance(made, str):
                return self.computed.script(made)
            findings.append(replace(made, fix=f"{made.fix}; or {self._write()}"))
        return findings[0]

    # ---- findings -------------------------------------------------------------------------

    def _about(self, made: Reversed) -> Finding:
        assert made.reversal
        change = made.reversal.changes[0]
        path = payload(made.reversal.move.target.component, f"{change.name}.down.sql")
        ids = ", ".join(reversed(change.ids[:_FEW]))
        message = (
            f"the down of {clean(ids, 120)} is computed by {self.tool.TITLE} from the two schemas: "
            f"read {path} in the run folder before you approve it"
        )
        if self.stays:
            message += "; a restore leaves out writes that stay and would do more a second time"
        name = self.computed.by_hand(self.rows[0].file).rpartition("/")[2]
        fix = f"to change it, save it as {clean(name, 80)} beside the migration, then plan"
        return Finding("warning", "computed-down", message, fix)

    def _about_files(self) -> Iterator[Finding]:
        if self.uncommitted:
            paths = ", ".join(clean(path, 80) for path in self.uncommitted[:_FEW])
            message = f"not in the release being left, but in this folder: {paths}"
            yield Finding("note", "down-by-hand", message, "commit it once it has proven itself")
