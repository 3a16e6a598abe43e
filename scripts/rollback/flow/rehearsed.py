"""A reversal tried in a scratch database: does it lead to the schema of the older release?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec import Struct
from msgspec.structs import replace

from rollback.errors import RollbackError
from rollback.flow import schema
from rollback.flow.databases import Answer, Asked, Known, Scratch
from rollback.flow.labels import few
from rollback.flow.trees import Trees
from rollback.migrations import migrations as tools
from rollback.model import Finding, Instance
from rollback.rehearsal import Act, Place, Played, Player, rehearsals
from rollback.reversal import applied as tables
from rollback.reversal import comparison, files
from rollback.reversal.change import Change, ids_of
from rollback.reversal.comparison import Catalogue
from rollback.shell import Shell
from rollback.text import clean

DIFFERS, UNPROVEN, WRONG = "reversal-differs", "schema-unproven", "wrong-scratch"
_FEW = 3  # differences named in one finding
_ELSEWHERE = "the reversal, tried in a scratch database, does not lead back"
_HARMLESS = "statements of the old code run on it all the same"
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
        engine = answer.address.engine
        self.player = rehearsals[engine] if engine in rehearsals.ids else None
        self.scratch = answer.scratch if self.player and self.player.NEEDS_SCRATCH else None

    def of(self, changes: Sequence[Change]) -> Rehearsed:
        """Return the changes, newest first, as they came, with what each must lead to."""
        player = self.player
        if player is None:
            why = f"no rehearsal is built for {self.answer.engine.TITLE}"
            return Rehearsed(changes, (_unproven("note", why),))
        finding = self._impossible(player, changes) or self._wrong_scratch(player)
        if finding:
            return Rehearsed(changes, (finding,))
        stages = self._stages(player, changes)
        if isinstance(stages, Finding):
            return Rehearsed(changes, (stages,))
        address = self.scratch.address if isinstance(self.scratch, Scratch) else None
        try:
            played = player.play(stages, Place(self.answer.address, address), self.shell)
        except RollbackError as error:
            return Rehearsed(changes, (_unproven("warning", error.message, error.fix),))
        return self._judged(player, changes, played)

    # ---- whether it is possible -----------------------------------------------------------

    def _impossible(self, player: Player, changes: Sequence[Change]) -> Finding | None:
        scratch = self.scratch
        if any(change.tool for change in changes):
            return _unproven("note", f"no rehearsal is built for {self.tool.TITLE}")
        if isinstance(scratch, RollbackError):
            return _unproven("warning", scratch.message, scratch.fix)
        if scratch is None and player.NEEDS_SCRATCH:
            fix = (
                "name an empty database on another server: "
                "database: {scratch: NAME_OF_VARIABLE} in the settings"
            )
            return _unproven("note", "no scratch database is named", fix)
        return None

    def _wrong_scratch(self, player: Player) -> Finding | None:
        """Return why nothing may be written into the scratch database."""
        scratch, instance = self.scratch, self.answer.instance
        if not isinstance(scratch, Scratch):
            return None
        variable = f"${scratch.address.variable}"
        fix = f"name an empty database on another server in {variable}, which nothing else uses"
        if scratch.engine.TITLE != self.answer.engine.TITLE:
            why = f"the scratch database in {variable} is of {scratch.engine.TITLE}"
            return Finding("blocker", WRONG, why, f"name one of {self.answer.engine.TITLE}")
        try:
            found = scratch.engine.instance(scratch.address, self.shell)
            rows = player.catalogue(scratch.address, self.shell)
        except RollbackError as error:
            return _unproven("warning", error.message, error.fix)
        things = [f"{row['kind']} {row['name']}" for row in rows if row["kind"] != "extension"]
        things = [thing for thing in things if thing != "schema public"]
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
        servers = [it.identity.partition("/")[0] for it in (found, self.answer.instance)]
        return servers[0] == servers[1]

    # ---- what is tried --------------------------------------------------------------------

    def _stages(self, player: Player, changes: Sequence[Change]) -> list[list[Act]] | Finding:
        """Return the older release, then each change forward, then each down."""
        older = self._older(changes)
        if isinstance(older, Finding):
            return older
        ups = [[Act(change.title, change.sql.up)] for change in reversed(changes)]
        downs = [[Act(f"the down of {change.title}", change.sql.down)] for change in changes]
        stages = [older, *ups, *downs]
        for act in (act for stage in stages for act in stage):
            if why := player.refusal(act.sql):
                return _unproven("warning", f"{act.label} is not tried: it has {clean(why, 60)}")
        return stages

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
                acts.append(Act(f"migration {clean(script.id, 60)}", files.bare(sql), whole=False))
        return acts

    # ---- what it showed -------------------------------------------------------------------

    def _judged(self, player: Player, changes: Sequence[Change], played: Played) -> Rehearsed:
        number = len(changes)
        if played.failed and (len(played.catalogues) <= number or not played.certain):
            why = f"{played.failed.label}, tried in a scratch database, failed: {played.why}"
            fix = "see whether the files of the migrations make the schema from nothing"
            return Rehearsed(changes, (_unproven("warning", why, fix),))
        if played.failed:
            return self._differing(changes, f"{played.failed.label} fails there: {played.why}")
        states = [comparison.catalogue(rows) for rows in played.catalogues]
        downs = states[number:]
        findings = tuple(self._other(player, changes, states))
        if any(finding.level == "blocker" for finding in findings):
            return Rehearsed(changes, findings)
        return self._expecting(player, changes, downs, findings)

    def _other(
        self, player: Player, changes: Sequence[Change], states: Sequence[Catalogue]
    ) -> Iterator[Finding]:
        """Yield where the downs lead elsewhere; the first that does is named."""
        number = len(changes)
        ups, downs = states[:number][::-1], states[number + 1 :]
        others = [comparison.others(*pair, player.plain) for pair in zip(ups, downs, strict=True)]
        if not others[-1]:
            return
        wanted, found = ups[-1], downs[-1]
        serious = [key for key in others[-1] if not comparison.is_harmless(key, wanted, found)]
        first = next(change for change, keys in zip(changes, others, strict=True) if keys)
        names = few(list(comparison.named(serious or others[-1], wanted, found)), _FEW)
        why = f"the down of {first.title}: {'; '.join(names)}"
        if serious:
            yield from self._differing(changes, why).findings
        else:
            yield Finding("warning", DIFFERS, f"{_ELSEWHERE}: {why}; {_HARMLESS}")

    def _differing(self, changes: Sequence[Change], why: str) -> Rehearsed:
        message = f"{_ELSEWHERE}: {why}"
        if self.asked.accepted:
            message = f"{message}; accepted: {clean(self.asked.accepted, 80)}"
            return Rehearsed(changes, (Finding("warning", DIFFERS, message),))
        fix = (
            "leave the schema: plan without --with-db; or fix forward; if you know that the old "
            'code runs on it: --accept-schema "WHY"'
        )
        return Rehearsed(changes, (Finding("blocker", DIFFERS, message, fix),))

    def _expecting(
        self,
        player: Player,
        changes: Sequence[Change],
        known: Sequence[Catalogue],
        findings: tuple[Finding, ...],
    ) -> Rehearsed:
        """Return the changes with what the live database must have after each."""
        try:
            live = comparison.catalogue(player.catalogue(self.answer.address, self.shell))
        except RollbackError as error:
            return Rehearsed(changes, (*findings, _unproven("warning", error.message, error.fix)))
        steps = [comparison.rows(step) for step in comparison.expected(known, live)]
        kept = [
            replace(change, expects=player.as_expected(step) if step else "")
            for change, step in zip(changes, steps, strict=True)
        ]
        return Rehearsed(kept, (*findings, *_drift(player, known[0], live)))


def _drift(player: Player, known: Catalogue, live: Catalogue) -> Iterator[Finding]:
    present = {key: text for key, text in live.items() if key in known}
    if found := comparison.differences(known, present, player.plain):
        message = f"the schema was changed by hand: {'; '.join(few(found, _FEW))}"
        fix = "see whether the reversal does what you want with it; it is not compared afterwards"
        yield Finding("warning", "schema-drift", message, fix)


def _unproven(level: str, why: str, fix: str = "") -> Finding:
    message = f"{clean(why, 240)}: {_ONLY}"
    return Finding("warning" if level == "warning" else "note", UNPROVEN, message, fix)
