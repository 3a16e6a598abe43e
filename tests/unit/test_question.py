"""The question as a person reads it: what, where, from what to what, what speaks against it, how to undo it; bounded and harmless."""

from __future__ import annotations

import stat
import textwrap

import pytest
from msgspec.structs import replace
from test_present import HOSTILE, component, move, plan

from rollback.model import DIRECTIONS, Command, Component, Finding, Probe, Step, Undo
from rollback.script import question

DO = Command(("x",))
PROOF = Probe(Command(("look",)), "v1")


def asked(verb: str = "execute", **changes: object) -> str:
    return question.text(DIRECTIONS[verb], plan(**changes))  # type: ignore[index]


def line(text: str, start: str) -> str:
    return next(row for row in text.splitlines() if row.startswith(start))


def step(title: str, back: str = "", **more: object) -> Step:
    undo = Undo(back, DO, PROOF) if back else None
    return Step("app.x", title, DO, PROOF, undo, moves=("app.shop",), **more)  # type: ignore[arg-type]


DECIDING = (
    "ROLL BACK production (release-folders, protected)", "shop: 20261124040000 (v1.4.0) -> 20261120040000 (v1.2.0)",
    "health now: unhealthy - http://127.0.0.1:8000/health status 500, expected 200",
)  # fmt: skip
MORE = (
    "warning: only the one before", "live for 25 min, deployed by ana", "database: not touched", "warning: old code may be refused", "downtime: ",
    "undo: /deployment-rollback restore", "skipped: 20261122040000 failed", 'undoes 7 commits: "Add cart"',
    "steps: Point current at 20261120040000; Restart",
)  # fmt: skip


def test_a_person_reading_only_this_knows_what_will_happen():
    warning = Finding("warning", "only-the-one-before", "only the one before")
    text = asked(findings=(*plan().findings, warning))
    assert [fact for fact in (*DECIDING, *MORE) if fact not in text] == []
    assert len(text) <= 1200


def test_what_decides_is_among_the_ten_lines_that_a_narrow_terminal_shows():
    many = tuple(Finding("warning", str(number), "x " * 100) for number in range(9))
    rows = asked(findings=(*plan().findings, *many)).splitlines()
    shown = [part for row in rows for part in textwrap.wrap(row, 76)][:10]
    assert [fact for fact in DECIDING if fact not in " ".join(shown)] == []


def test_warnings_stand_right_below_the_moves_a_line_each():
    warnings = tuple(Finding("warning", code, f"about {code}") for code in ("one", "two"))
    rows = asked(findings=warnings).splitlines()
    assert rows[2:5] == ["warning: about one", "warning: about two", rows[4]]
    assert rows[4].startswith("health now: ")


def test_a_missing_reason_is_not_repeated():
    assert "--reason" not in asked()


def test_a_restore_is_described_in_its_own_direction():
    text = asked("restore", steps=(step("Switch shop to R2", "Switch shop back to R4"),))
    assert text.splitlines()[0].startswith("UNDO the rollback of production")
    assert "20261120040000 (v1.2.0) -> 20261124040000 (v1.4.0)" in text
    assert "brings back 7 commits" in text
    assert line(text, "undo:") == "undo: plan the rollback again"
    assert line(text, "steps").endswith(": Switch shop back to R4")
    assert "skipped" not in text and "Switch shop to R2" not in text


class TestSeveralComponents:
    SHARES = (
        component(
            "database",
            moves=(move("orders", "database"),),
            steps=(
                step("Revert 0004", "Apply 0004"),
                step("Restart pgbouncer", "Restart pgbouncer again"),
            ),
        ),
        component("web", "platforms/docker-compose", moves=(move("web", "web"),),
                  steps=(step("Switch web", "Switch web back"), replace(step("Restart"), undo=Undo("Restart back", DO, last=True)))),
    )  # fmt: skip

    def test_every_move_says_its_component_unless_that_is_its_name(self):
        text = asked(components=self.SHARES)
        assert "(release-folders and docker-compose, protected)" in text
        assert line(text, "database/orders: 2026") and line(text, "web: 2026")

    def test_a_restore_begins_with_the_last_component(self):
        rows = asked("restore", components=self.SHARES).splitlines()
        assert [row.partition(":")[0] for row in rows[1:3]] == ["web", "database/orders"]

    def test_steps_stand_in_the_order_of_the_scripts(self):
        execute, restore = (
            question.titles(direction, plan(components=self.SHARES))
            for direction in DIRECTIONS.values()
        )
        assert execute == ["Revert 0004", "Restart pgbouncer", "Switch web", "Restart"]
        assert restore == [
            "Switch web back",
            "Restart back",
            "Restart pgbouncer again",
            "Apply 0004",
        ]


class TestWhatCannotBeUndone:
    FINAL = step("Drop it", irreversible=True)

    def test_it_is_named_in_both_directions(self):
        steps = (step("Swap", "Swap back"), self.FINAL)
        text = asked(steps=steps)
        assert line(text, "irreversible:") == "irreversible: Drop it"
        told = "undo: /deployment-rollback restore, except what is irreversible"
        assert line(text, "undo:") == told
        assert line(asked("restore", steps=steps), "stays") == "stays rolled back: Drop it"

    def test_where_it_is_everything_there_is_no_question_for_a_restore(self):
        assert line(asked(steps=(self.FINAL,)), "undo:") == "undo: not possible"
        assert asked("restore", steps=(self.FINAL,)) == ""

    def test_a_step_of_no_move_changes_nothing(self):
        wait = Step("app.wait", "Wait for it", DO, PROOF)
        assert "irreversible" not in asked(steps=(wait, step("Swap", "Swap back")))


HOOKS = (
    Finding("warning", "hooks", "hooks run: Job/migrate (pre-rollback) of revision 2"),
    Finding("note", "hooks-restore", "hooks run by restore.sh: Job/undo (post-rollback) of revision 4"),
)  # fmt: skip


def test_hooks_that_may_touch_the_database_are_named_beside_it():
    text = asked(findings=(*plan().findings, *HOOKS))
    told = (
        "database: not touched by these steps; hooks run: Job/migrate (pre-rollback) of revision 2"
    )
    assert line(text, "database:").startswith(told)
    assert "Job/undo" not in text and text.count("Job/migrate") == 1
    back = line(asked("restore", findings=HOOKS), "database:")
    assert (
        back
        == "database: not touched by these steps; hooks run by restore.sh: Job/undo (post-rollback) of revision 4"
    )


class TestDowntime:
    SWITCH = step("Switch", "Switch back")
    RESTART = Step("app.restart", "Restart", DO, moves=("app.shop",))
    KEPT = Finding(
        "note", "no-restart", "what keeps code in memory serves the old code until it is restarted"
    )

    def told(self, *steps: Step, verb: str = "execute", findings: tuple[Finding, ...] = ()) -> str:
        return line(asked(verb, steps=steps, findings=findings), "downtime:")

    def test_a_known_one_is_told_once(self):
        text = asked(findings=(Finding("warning", "downtime", "about 3 s for web"),))
        assert line(text, "downtime").startswith("downtime: about 3 s for web")
        assert text.count("about 3 s") == 1

    @pytest.mark.parametrize("verb", ["execute", "restore"])
    def test_where_nothing_is_restarted_the_question_says_what_that_means(self, verb):
        told = self.told(self.SWITCH, verb=verb, findings=(self.KEPT,))
        assert told == f"downtime: none, these steps restart nothing; {self.KEPT.message}"

    def test_a_step_of_a_move_without_proof_is_a_restart_and_nothing_else_is(self):
        restarts = "downtime: while these steps restart the application"
        assert self.told(self.SWITCH, self.RESTART) == restarts
        assert self.told(self.SWITCH) == "downtime: none known"
        wait = Step("app.wait", "Wait", DO)
        assert self.told(wait, self.SWITCH) == "downtime: none known"

    def test_a_restore_restarts_what_its_own_steps_restart(self):
        restarted = replace(self.SWITCH, undo=Undo("Restart back", DO))
        assert self.told(restarted) == "downtime: none known"
        assert "restart the application" in self.told(restarted, verb="restore")
        assert self.told(self.SWITCH, self.RESTART, verb="restore") == "downtime: none known"

    def test_what_is_not_restarted_is_named_beside_what_is(self):
        told = self.told(self.SWITCH, self.RESTART, findings=(self.KEPT,))
        assert told.endswith(f"restart the application; not restarted: {self.KEPT.message}")


@pytest.mark.parametrize("verb", ["execute", "restore"])
def test_a_hundred_moves_and_warnings_stay_readable(verb):
    warnings = tuple(Finding("warning", "x", f"warning {number}") for number in range(100))
    text = asked(verb, moves=plan().moves * 100, findings=warnings)
    assert len(text.splitlines()) < 30 and "and 97 more" in text and "and 98 more" in text


def test_a_warning_about_the_other_direction_is_not_told():
    deletes = Finding("warning", "deletes", "Helm deletes ConfigMap/more")
    restore = Finding("warning", "restore-deletes", "restore.sh deletes ConfigMap/less")
    text, back = (asked(verb, findings=(deletes, restore)) for verb in ("execute", "restore"))
    assert ("/more" in text, "/less" in text) == (True, False)
    assert ("/more" in back, "/less" in back) == (False, True)


def test_a_restore_chooses_no_release_and_is_not_warned_about_the_choice():
    codes = ("only-the-one-before", "healthy-now", "finish-not-proven", "disk-full")
    findings = tuple(Finding("warning", code, f"about {code}") for code in codes)
    warned = [row for row in asked("restore", findings=findings).splitlines() if "warning" in row]
    assert warned == ["warning: about disk-full"]
    assert "warning: about only-the-one-before" in asked(findings=findings)


def test_a_restore_names_the_health_that_it_brings_back_and_no_file():
    text = asked("restore")
    told = "health before the rollback: unhealthy - http://127.0.0.1:8000/health status 500, expected 200"
    assert line(text, "health") == told
    assert "summary.md" not in text


def test_nothing_from_outside_is_markup_or_control():
    hostile = component(steps=(step(HOSTILE, HOSTILE),), moves=(move(HOSTILE, HOSTILE),))
    other: Component = component("other")
    for verb in ("execute", "restore"):
        text = asked(
            verb,
            environment=HOSTILE,
            components=(hostile, other),
            findings=(Finding("warning", "x", HOSTILE),),
        )
        shown = text.replace("->", "")
        assert not any(character in shown for character in "<>`\x1b\u202e\r\x00")


def test_both_are_written_for_the_owner_only(tmp_path):
    final = component(steps=(step("Drop it", irreversible=True),))
    question.write(plan(components=(final,)), tmp_path)
    execute, restore = (tmp_path / f"question.{verb}.txt" for verb in ("execute", "restore"))
    assert execute.read_text().startswith("ROLL BACK production") and restore.read_text() == ""
    assert execute.read_text().endswith("\n") and not execute.read_text().endswith("\n\n")
    assert {stat.S_IMODE(path.stat().st_mode) for path in (execute, restore)} == {0o600}
