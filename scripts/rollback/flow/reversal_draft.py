"""The reversal of one database: the SQL in its files, what it loses, what speaks against it."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from rollback.model import component_ids
from rollback.errors import Unreadable
from rollback.flow import compose, rehearsed, reversal_findings, schema, trees
from rollback.flow.databases import Answer, Asked, Known
from rollback.migrations import migrations as tools
from rollback.model import Backup, Finding, Lost, Migration, Move, Release, Target
from rollback.reversal import backup, effects, files, loss, sql
from rollback.reversal.change import Change, ids_of
from rollback.reversal.component import Reversal
from rollback.reversal.effects import Live, Loss
from rollback.reversal.obstacles import Obstacle, Obstacles
from rollback.shell import Shell
from rollback.text import clean

_ANYWHERE = ":(glob)**/*.sql"  # of a tool that keeps its downs in another folder


class Reversed(Struct, frozen=True):
    """A database with its reversal; without one, findings say why."""

    known: Known
    reversal: Reversal | None = None
    findings: tuple[Finding, ...] = ()

    @property
    def is_first(self) -> bool:
        return self.known.database.order == "before-app"


class Draft:
    """The reversal of one database: its files, its effects, what speaks against it."""

    def __init__(self, known: Known, answer: Answer, asked: Asked) -> None:
        self.known, self.answer, self.asked = known, answer, asked
        self.tool = tools[known.database.tool]
        self.table = answer.at.table
        self.shell = Shell(asked.project)
        self.settings = known.settings.backup
        self.made = backup.making(self.settings, asked.project, asked.drill)
        facts = (self.tool, self.table, asked.project, known.folders)
        self.files = trees.of(known.source, *facts)
        self.rows = self._newest_first(known.database.migrations)
        self.beside: tuple[str, ...] = ()  # migrations in the same table that go back on their own
        self.again = False  # whether another folder of this database goes back on its own, too

    def reversed(self, moves: Sequence[Move], number: int) -> Reversed:
        changes = self._changes()
        changes = self._tried(changes)
        if blocked := [change for change in changes if change.sql.problem]:
            return Reversed(
                self.known, findings=tuple(map(reversal_findings.irreversible, blocked))
            )
        if finding := self._missing_program():
            return Reversed(self.known, findings=(finding,))
        tried = rehearsed.Rehearsal(self.known, self.answer, self.asked, self.files).of(changes)
        changes, losses = self._losses(tried.changes)
        known = self._with_facts(losses)
        reversal = self._reversal(changes, moves, number)
        location = self.answer.address.location
        findings = [
            *tried.findings,
            *reversal_findings.about_loss(losses, self.asked.accept_loss),
            *reversal_findings.about_remains(changes),
            *self._about_backup(),
            reversal_findings.order(known.database, location),
            reversal_findings.about_restore(reversal, known.database),
        ]
        planned = Backup(self.answer.engine.TITLE, reversal.backup)
        known = replace(known, database=replace(known.database, backup=planned))
        return Reversed(known, reversal, tuple(findings))

    def _missing_program(self) -> Finding | None:
        missing = [name for name in self.answer.engine.PROGRAMS if not shutil.which(name)]
        if not missing:
            return None
        message = f"{', '.join(missing)} is not on PATH: the database cannot be changed safely"
        return Finding("blocker", "tool-missing", message, f"install {missing[0]}")

    def _newest_first(self, rows: Sequence[Migration]) -> tuple[Migration, ...]:
        """Return them as they were applied where the table tells, else by their ids.

        An unfinished one is not among the applied ones: it is the newest.
        """
        if not self.table.order:
            return tuple(rows)
        order = {key: at for at, key in enumerate(self.answer.applied.rows or {})}
        last = len(order)
        return tuple(sorted(rows, key=lambda row: -order.get(self.table.key(row.id), last)))

    def _changes(self) -> list[Change]:
        """Return the migrations with their SQL, newest first."""
        source = self.known.source
        texts = schema.files(self.asked.project, source.new, source.folder.dir)
        texts = {**dict.fromkeys((row.file for row in self.rows), ""), **texts}  # empty files
        return [self._change(row, texts) for row in self.rows]

    def _change(self, migration: Migration, texts: Mapping[str, str]) -> Change:
        id, path = self.table.key(migration.id), migration.file
        if self.tool.down(path, texts) is None:
            project, commit = self.asked.project, self.known.source.new
            texts = {**schema.files(project, commit, _ANYWHERE), **texts}
        read = files.read(self.tool, path, texts, self.answer.address.engine)
        row = (self.answer.applied.rows or {}).get(id, {})
        name = migration.id if self.table.named else id
        raw = str(row[self.table.id]) if row and not self.table.named else name
        return Change(raw, slug(name), read, row, self._below(id) if not row else None)

    def _tried(self, changes: Sequence[Change]) -> list[Change]:
        """Return the changes, each with the problem that its down would have in this database."""
        changes = [change if change.sql.problem else self._filled(change) for change in changes]
        if any(change.sql.problem for change in changes):
            return changes
        downs = [change.sql.operations for change in changes]
        met = Obstacles(self.answer.engine, self.answer.address, self.shell, downs)
        return [
            _with_obstacle(change, met.of(change.sql.operations, is_sql=not change.tool))
            for change in changes
        ]

    def _filled(self, change: Change) -> Change:
        """Return the change with the problem that its down would have with the rows of today."""
        for table, column in effects.unfillable(change.sql.operations):
            if self._has_rows(table):
                problem = (
                    f"its down adds {table}.{column} NOT NULL without a default, "
                    f"and {table} has rows"
                )
                return replace(change, sql=files.Sql(problem=problem))
        return change

    def _has_rows(self, table: str) -> bool:
        """Whether a table has rows; an earlier down may be what brings it back."""
        engine, address = self.answer.engine, self.answer.address
        name = engine.quoted(*table.split("."))
        query = f"SELECT count(*) AS n FROM (SELECT 1 AS one FROM {name} LIMIT 1) q"  # noqa: S608
        try:
            return bool(engine.read(address, [query], self.shell)[0][0]["n"])
        except Unreadable:
            return False

    def _below(self, id: str) -> str | None:
        """Return the migration that is the newest one without this one."""
        lower = [other for other in {*self.files.old, *self.files.new} if int(other) < int(id)]
        return max(lower, key=int, default=None)

    def _losses(self, changes: Sequence[Change]) -> tuple[list[Change], list[Lost | None]]:
        """Return the changes with their limits, and what each loses."""
        answer = self.answer
        live = Live(answer.engine.columns(answer.address, self.shell))
        losses = [
            _with_drops(live.apply(change.sql.operations), change.sql.drops) for change in changes
        ]
        counted = loss.count(answer.engine, answer.address, losses, self.shell)
        pairs = zip(changes, loss.limits(losses, counted), strict=True)
        return [replace(change, limits=limits) for change, limits in pairs], [
            each.lost for each in counted
        ]

    def _with_facts(self, losses: Sequence[Lost | None]) -> Known:
        pairs = zip(self.rows, losses, strict=True)
        filled = tuple(replace(row, loses=lost) for row, lost in pairs)
        first = any(row.verdict in reversal_findings.FIRST for row in filled)
        database = replace(
            self.known.database,
            migrations=filled,
            action="reverse",
            order="before-app" if first else "after-app",
        )
        return replace(self.known, database=database)

    def _reversal(self, changes: Sequence[Change], moves: Sequence[Move], number: int) -> Reversal:
        answer = self.answer
        statements = self._statements()
        ids = ids_of(changes)
        where, others = answer.engine.read(
            answer.address,
            [answer.engine.where(answer.address), statements.others([*ids, *self.beside])],
            self.shell,
        )
        return Reversal(
            answer.engine_id,
            answer.engine,
            answer.address,
            self.known.database.tool,
            statements,
            tuple(changes),
            self._move(changes, moves, number),
            backup.path(self.settings, answer.engine.SUFFIX, number),
            others[0]["line"],
            where[0]["line"],
            made=self.made,
            beside=self.beside,
        )

    def _component(self, number: int) -> str:
        """Return the id of the database's component, the number-th of a plan."""
        return component_ids.database(self.known.source.component, number)

    def _statements(self) -> sql.Statements:
        return sql.Statements(self.answer.engine, self.answer.at)

    def _move(self, changes: Sequence[Change], moves: Sequence[Move], number: int) -> Move:
        """Return the database from its newest migration to the one below those that go."""
        answer, app = self.answer, _app(moves, self.known)
        target = Target(
            environment=app.target.environment,
            component=self._component(number),
            platform=self.known.database.tool,
            app=answer.address.name,
            where=answer.instance.identity
            + (f" {self.known.source.folder.dir}" if self.again else ""),
            protected=app.target.protected,
            location=answer.address.location,
        )
        gone = {self.table.key(row.id) for row in self.known.database.migrations}
        left = [key for key in self.files.new if key not in gone]
        below = left[-1] if left else "no migration"
        current = Release(
            changes[0].id,
            deployed_at=app.current.deployed_at,
            commit=self.known.source.new,
            deployed_by=app.current.deployed_by,
        )
        move = Move(target, current, Release(below, commit=self.known.source.old))
        return compose.with_ids(target.component, [move])[0]

    # ---- findings -------------------------------------------------------------------------

    def _about_backup(self) -> Iterator[Finding]:
        engine, instance = self.answer.engine, self.answer.instance
        why = backup.problem(engine, instance, self.settings, self.made, self.shell)
        why = why or backup.drill_problem(engine, self.answer.address, self.made, self.shell)
        if why:
            fix = "name another folder: database: {backup: {directory: ...}} in the settings"
            if self.made.command:
                fix = "correct database: {backup: {command: ...}} in the settings, or its variables"
            yield Finding("blocker", "no-backup", f"no backup is possible: {clean(why, 200)}", fix)


def _with_obstacle(change: Change, met: Obstacle) -> Change:
    if met.problem:
        return replace(change, sql=files.Sql(problem=met.problem, fix=met.fix))
    return replace(change, sql=replace(change.sql, drops=met.drops))


def _with_drops(lost: Loss, drops: Sequence[str]) -> Loss:
    return replace(lost, unknown=(*lost.unknown, *(f"drop of {what}" for what in drops)))


def _app(moves: Sequence[Move], known: Known) -> Move:
    return next(move for move in moves if move.target.component == known.source.component)


def slug(id: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", id.lower()).strip("-") or "migration"
