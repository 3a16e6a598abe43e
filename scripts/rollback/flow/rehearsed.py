"""A reversal tried in a scratch database: does it lead to the schema of the older release?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from rollback.errors import RollbackError
from rollback.flow import schema
from rollback.flow.databases import Answer, Asked, Known, Scratch
from rollback.flow.labels import few
from rollback.flow.trees import Trees
from rollback.migrations import migrations as tools
from rollback.model import Finding, Instance
from rollback.rehearsal import Act, Played, rehearsals
from rollback.reversal import applied as tables
from rollback.reversal import comparison, files
from rollback.reversal.change import Change, ids_of
from rollback.reversal.comparison import Catalogue
from rollback.shell import Shell
from rollback.text import clean

DIFFERS, UNPROVEN, WRONG = "reversal-differs", "schema-unproven", "wrong-scratch"
_FEW = 3  # differences named in one finding
_ONLY = "after the reversal only the tables and columns that each migration names are proven"


class Rehearsed(Struct, frozen=True):
    """The changes, each with what the schema must be after it, and what the rehearsal met."""

    changes: Sequence[Change]
    findings: tuple[Finding, ...] = ()


class Rehearsal:
    """Builds the older release in a scratch database, then goes there and back."""

    def __init__(self, known: Known, answer: Answer, asked: Asked, files: Trees) -> None:
        self.known, self.answer, self.asked, self.files = known, answer, asked, files
        self.tool = tools[known.database.tool]
        self.shell = Shell(asked.project)
        self.scratch = answer.scratch if self._needs_scratch else None

    def of(self, changes: Sequence[Change]) -> Rehearsed:
        """Return the changes, newest first, as they came, with what each must lead to."""
        finding = self._impossible(changes) or self._wrong_scratch()
        if finding:
            return Rehearsed(changes, (finding,))
        older = self._older(changes)
        if isinstance(older, Finding):
            return Rehearsed(changes, (older,))
        ups = [[Act(change.title, change.sql.up)] for change in reversed(changes)]
        downs = [[Act(f"the down of {change.title}", change.sql.down)] for change in changes]
        address = None
        if isinstance(self.scratch, Scratch):  # names are looked up as in the live database
            address = replace(self.scratch.address, schema=self.answer.address.schema)
        stages = [older, *ups, *downs]
        try:
            played = rehearsals[self.answer.address.engine].play(stages, address, self.shell)
        except RollbackError as error:
            return Rehearsed(changes, (_unproven("warning", error.message, error.fix),))
        return self._judged(changes, played)

    @property
    def _needs_scratch(self) -> bool:
        engine = self.answer.address.engine
        return engine in rehearsals.ids and rehearsals[engine].NEEDS_SCRATCH

    # ---- whether it is possible -----------------------------------------------------------

    def _impossible(self, changes: Sequence[Change]) -> Finding | None:
        engine, scratch = self.answer.address.engine, self.scratch
        if engine not in rehearsals.ids:
            return _unproven("note", f"no rehearsal is built for {self.answer.engine.TITLE}")
        if any(change.tool for change in changes):
            return _unproven("note", f"no rehearsal is built for {self.tool.TITLE}")
        if isinstance(scratch, RollbackError):
            return _unproven("warning", scratch.message, scratch.fix)
        if scratch is None and self._needs_scratch:
            fix = "name an empty database: database: {scratch: NAME_OF_VARIABLE} in the settings"
            return _unproven("note", "no scratch database is named", fix)
        return None

    def _wrong_scratch(self) -> Finding | None:
        """Return why nothing may be written into the scratch database."""
        scratch, instance = self.scratch, self.answer.instance
        if not isinstance(scratch, Scratch):
            return None
        variable = f"${scratch.address.variable}"
        fix = f"name an empty database in {variable}, which nothing else uses"
        if scratch.engine.TITLE != self.answer.engine.TITLE:
            why = f"the scratch database in {variable} is of {scratch.engine.TITLE}"
            return Finding("blocker", WRONG, why, f"name one of {self.answer.engine.TITLE}")
        try:
            found = scratch.engine.instance(scratch.address, self.shell)
            (rows,) = scratch.engine.read(scratch.address, [scratch.engine.CATALOGUE], self.shell)
        except RollbackError as error:
            return _unproven("warning", error.message, error.fix)
        things = [f"{row['kind']} {row['name']}" for row in rows if row["kind"] != "extension"]
        if found.identity == instance.identity:
            why = f"{variable} names the database that is rolled back"
        elif self._is_same_server(found):
            why = f"{variable} is on the server of the database that is rolled back"
        elif things:
            why = f"the scratch database in {variable} is not empty: {clean(things[0], 80)}"
        elif found.replica:
            why = f"the scratch database in {variable} takes no writes"
        elif found.version.split(".")[0] != instance.version.split(".")[0]:
            why = f"the scratch database in {variable} has version {found.version}"
            return _unproven("warning", why, f"name one of version {instance.version}")
        else:
            return None
        return Finding("blocker", WRONG, why, fix)

    def _is_same_server(self, found: Instance) -> bool:
        """Whether a statement could reach the live database although it must not."""
        servers = [it.identity.rpartition("/")[0] for it in (found, self.answer.instance)]
        player = rehearsals[self.answer.address.engine]
        return player.OWN_SERVER and servers[0] == servers[1]

    # ---- the older release ----------------------------------------------------------------

    def _older(self, changes: Sequence[Change]) -> list[Act] | Finding:
        """Return what the older release made: its migrations that are applied."""
        source, table = self.known.source, self.answer.at.table
        texts = schema.files(self.asked.project, source.old, *self.known.folders)
        every = {*self.files.old, *self.files.new}
        kept = tables.ids(self.answer.applied, table, every, self.files.after)
        kept -= {table.key(id) for id in ids_of(changes)}
        acts = []
        for script in self.tool.read(texts):
            if table.key(script.id) in kept:
                sql = files.text_of([script])
                if sql is None:
                    name = clean(script.id, 60)
                    return _unproven("note", f"migration {name} of the older release is not SQL")
                acts.append(Act(f"migration {clean(script.id, 60)}", files.bare(sql)))
        return acts

    # ---- what it showed -------------------------------------------------------------------

    def _judged(self, changes: Sequence[Change], played: Played) -> Rehearsed:
        number = len(changes)
        if played.failed and len(played.catalogues) <= number:
            why = f"{played.failed.label} of a scratch database failed: {played.why}"
            fix = "see whether the files of the migrations make the schema from nothing"
            return Rehearsed(changes, (_unproven("warning", why, fix),))
        states = [comparison.catalogue(rows) for rows in played.catalogues]
        ups, downs = states[: number + 1][::-1], states[number + 1 :]
        if played.failed:
            return self._differing(changes, f"{played.failed.label} fails there: {played.why}")
        findings = tuple(self._other(changes, ups[1:], downs))
        if any(finding.level == "blocker" for finding in findings):
            return Rehearsed(changes, findings)
        return self._expecting(changes, [ups[0], *downs], findings)

    def _other(
        self, changes: Sequence[Change], ups: Sequence[Catalogue], downs: Sequence[Catalogue]
    ) -> Iterator[Finding]:
        """Yield where the downs lead elsewhere; the first that does is named."""
        if downs[-1] == ups[-1]:
            return
        at = next(at for at, (up, down) in enumerate(zip(ups, downs, strict=True)) if up != down)
        found = "; ".join(few(comparison.differences(ups[-1], downs[-1]), _FEW))
        yield from self._differing(changes, f"the down of {changes[at].title}: {found}").findings

    def _differing(self, changes: Sequence[Change], why: str) -> Rehearsed:
        message = f"the reversal, tried in a scratch database, does not lead back: {why}"
        if self.asked.accepted:
            message = f"{message}; accepted: {clean(self.asked.accepted, 80)}"
            return Rehearsed(changes, (Finding("warning", DIFFERS, message),))
        fix = (
            "leave the schema: plan without --with-db; or fix forward; if you know that the old "
            'code runs on it: --accept-schema "WHY"'
        )
        return Rehearsed(changes, (Finding("blocker", DIFFERS, message, fix),))

    def _expecting(
        self, changes: Sequence[Change], known: Sequence[Catalogue], findings: tuple[Finding, ...]
    ) -> Rehearsed:
        """Return the changes with what the live database must have after each."""
        engine, address = self.answer.engine, self.answer.address
        if not engine.ATOMIC:
            return Rehearsed(changes, findings)
        try:
            (rows,) = engine.read(address, [engine.CATALOGUE], self.shell)
        except RollbackError as error:
            return Rehearsed(changes, (*findings, _unproven("warning", error.message, error.fix)))
        live = comparison.catalogue(rows)
        steps = comparison.expected(known, live)
        kept = [
            replace(change, expects=tuple(comparison.rows(step)))
            for change, step in zip(changes, steps, strict=True)
        ]
        return Rehearsed(kept, (*findings, *_drift(known[0], live)))


def _drift(known: Catalogue, live: Mapping[tuple[str, str], str]) -> Iterator[Finding]:
    present = {key: text for key, text in live.items() if key in known}
    if found := comparison.differences(known, present):
        message = f"the schema was changed by hand: {'; '.join(few(found, _FEW))}"
        fix = "see whether the reversal does what you want with it; it is not compared afterwards"
        yield Finding("warning", "schema-drift", message, fix)


def _unproven(level: str, why: str, fix: str = "") -> Finding:
    message = f"{clean(why, 240)}: {_ONLY}"
    return Finding("warning" if level == "warning" else "note", UNPROVEN, message, fix)
