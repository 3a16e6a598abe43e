"""A reversal tried in a scratch database: does it lead to the schema of the older release?"""

from __future__ import annotations

from collections.abc import Sequence

from rollback.errors import RollbackError
from rollback.flow import schema
from rollback.flow.databases import Answer, Asked, Known, Scratch
from rollback.flow.rehearsal_verdict import Rehearsed, Verdict, unproven
from rollback.flow.trees import Trees
from rollback.migrations import migrations as tools
from rollback.model import Finding, Instance
from rollback.rehearsal import Act, Place, Player, rehearsals
from rollback.reversal import applied as tables
from rollback.reversal import files
from rollback.reversal.change import Change, ids_of
from rollback.shell import Shell
from rollback.text import clean

WRONG = "wrong-scratch"


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
            return Rehearsed(changes, (unproven("note", why),))
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
            return Rehearsed(changes, (unproven("warning", error.message, error.fix),))
        return self._verdict(player, changes).of(played)

    # ---- whether it is possible -----------------------------------------------------------

    def _impossible(self, player: Player, changes: Sequence[Change]) -> Finding | None:
        scratch = self.scratch
        if any(change.tool for change in changes):
            return unproven("note", f"no rehearsal is built for {self.tool.TITLE}")
        if isinstance(scratch, RollbackError):
            return unproven("warning", scratch.message, scratch.fix)
        if scratch is None and player.NEEDS_SCRATCH:
            fix = (
                "name an empty database on another server: "
                "database: {scratch: NAME_OF_VARIABLE} in the settings"
            )
            return unproven("note", "no scratch database is named", fix)
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
            return unproven("warning", error.message, error.fix)
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
            return unproven("warning", why, f"name one of version {instance.version}")
        else:
            return None
        return Finding("blocker", WRONG, why, fix)

    def _is_same_server(self, found: Instance) -> bool:
        """Whether a statement could reach the live database although it must not."""
        servers = [it.identity.partition("/")[0] for it in (found, self.answer.instance)]
        return servers[0] == servers[1]

    # ---- what is tried --------------------------------------------------------------------

    def _stages(self, player: Player, changes: Sequence[Change]) -> list[list[Act]] | Finding:
        """Return the older release, then each change forward, each down, and forward again."""
        older = self._older(changes)
        if isinstance(older, Finding):
            return older
        ups = [[Act(change.title, change.sql.up)] for change in reversed(changes)]
        downs = [[Act(f"the down of {change.title}", change.sql.down)] for change in changes]
        again = [[Act(f"{change.title}, again", change.sql.up)] for change in reversed(changes)]
        stages = [older, *ups, *downs, *again]
        for act in (act for stage in stages for act in stage):
            if why := player.refusal(act.sql):
                return unproven("warning", f"{act.label} is not tried: it has {clean(why, 60)}")
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
                    return unproven("note", f"migration {name} of the older release is not SQL")
                acts.append(Act(f"migration {clean(script.id, 60)}", files.bare(sql), whole=False))
        return acts

    def _verdict(self, player: Player, changes: Sequence[Change]) -> Verdict:
        address, shell = self.answer.address, self.shell
        return Verdict(
            player, changes, self.asked.accepted, lambda: player.catalogue(address, shell)
        )
