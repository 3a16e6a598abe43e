"""A database whose migrations only tighten what rows must be: relaxed, not reversed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec.structs import replace

from rollback.flow import schema
from rollback.flow.databases import Answer, Asked, Known
from rollback.flow.reversal_draft import Draft, Reversed, slug
from rollback.model import Backup, Finding, Lost, Move
from rollback.reversal import demanded, relaxed, sql
from rollback.reversal.change import Change
from rollback.reversal.files import Sql
from rollback.reversal.heads import Heads
from rollback.reversal.relaxed import Demand, Relaxed
from rollback.text import clean
from rollback.verdicts import dialect
from rollback.verdicts import operations as to
from rollback.verdicts.operations import Operation
from rollback.verdicts.schema import Schema

_STAYS = ("expand", "data")
_FEW = 3  # demands named in one finding


class RelaxDraft(Draft):
    """Like a Draft, but each step drops one demand; the migrations stay applied."""

    def __init__(self, known: Known, answer: Answer, asked: Asked) -> None:
        super().__init__(known, answer, asked)
        self.demands = self._demands()

    @property
    def is_possible(self) -> bool:
        return bool(self.demands)

    def reversed(self, moves: Sequence[Move], number: int) -> Reversed:
        if finding := self._missing_program():
            return Reversed(self.known, findings=(finding,))
        demands = self.demands or []
        made = changes(demands)
        known = self._with_facts([None] * len(self.rows))
        reversal = self._reversal(made, moves, number)
        planned = Backup(self.answer.engine.TITLE, reversal.backup)
        database = replace(
            known.database, backup=planned, action="relax", relaxes=tuple(d.label for d in demands)
        )
        findings = (*_findings(demands), *self._about_backup())
        return Reversed(replace(known, database=database), reversal, findings)

    def _with_facts(self, losses: Sequence[Lost | None]) -> Known:
        known = super()._with_facts(losses)
        return replace(known, database=replace(known.database, order="before-app"))

    def _demands(self) -> list[Demand] | None:
        verdicts = {row.verdict for row in self.rows}
        relaxing = self.answer.engine.RELAXING
        if relaxing is None or "tightened" not in verdicts or verdicts - {*_STAYS, "tightened"}:
            return None
        older = Schema(self._of_older())
        wanted = demanded.wanted(self._operations(), older)
        if not wanted:
            return None
        query = relaxing.query(sorted({table for table, *_ in wanted}))
        (rows,) = self.answer.engine.read(self.answer.address, [query], self.shell)
        known = {*older.indexes, *older.constraints}
        return relaxed.demands(self.answer.engine, wanted, rows, known)

    def _of_older(self) -> Iterator[Operation]:
        """Yield what the migrations of the older release did."""
        texts = schema.files(self.asked.project, self.known.source.old, *self.known.folders)
        for each in self.tool.read(texts):
            yield from dialect.resolve(each.operations, self._dialect)

    def _operations(self) -> Iterator[Operation]:
        """Yield what the applied migrations of the release did, oldest first."""
        texts = schema.files(self.asked.project, self.known.source.new, *self.known.folders)
        texts = {**dict.fromkeys((row.file for row in self.rows), ""), **texts}
        scripts = {(it.path, it.id): it.operations for it in self.tool.read(texts)}
        for row in reversed(self.rows):
            unknown = [to.Opaque(f"{row.file} without {row.id}")]
            came = scripts.get((row.file, row.id), unknown)
            yield from dialect.resolve(came, self._dialect)

    @property
    def _dialect(self) -> dialect.Engine:
        return dialect.named(self.answer.address.engine)

    def _statements(self) -> sql.Statements:
        at, engine = self.answer.at, self.answer.engine
        rows = [row.id for row in self.rows]
        base = Heads(engine, at, self.files.after) if self.table.heads else None
        return Relaxed(base or sql.Statements(engine, at), self.demands or [], rows)

    def _move(self, changes: Sequence[Change], moves: Sequence[Move], number: int) -> Move:
        move = super()._move(changes, moves, number)
        newest = self.rows[0].id
        current, to = replace(move.current, id=newest), replace(move.to, id=f"{newest}, relaxed")
        return replace(move, current=current, to=to)


def _findings(demands: Sequence[Demand]) -> Iterator[Finding]:
    more = f" and {len(demands) - _FEW} more" if len(demands) > _FEW else ""
    labels = clean("; ".join(demand.label for demand in demands[:_FEW]), 160) + more
    message = (
        f"the old code may be refused by {labels}: dropped before the application goes back; "
        "the migrations stay applied"
    )
    fix = "no migration makes it again by itself: see what stays open after the run"
    yield Finding("warning", schema.TIGHTENED, message, fix)
    message = f"a restore makes {labels} again, after the application: rows that break it stop that"
    yield Finding("note", "restore-migrates", message)


def changes(demands: Sequence[Demand]) -> list[Change]:
    """Return a change for each; a.b_c and a_b.c would have one name, and one file."""
    names: list[str] = []
    for demand in demands:
        name = slug(demand.label)
        while name in names:
            name += "-2"
        names.append(name)
    return [_change(demand, name) for demand, name in zip(demands, names, strict=True)]


def _change(demand: Demand, name: str) -> Change:
    what = clean(demand.label, 80)
    return Change(
        demand.label,
        name,
        Sql(down=demand.down, up=demand.up),
        steps=(f"Drop {what}", f"Make {what} again"),
        reminder=f"{what} is dropped, before the newer release is deployed again: {demand.up}",
    )
