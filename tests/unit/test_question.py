"""The question as a person reads it: what, where, from what to what, what speaks against it, and the way back; bounded and harmless."""

from __future__ import annotations

import textwrap
from pathlib import Path

import msgspec
import pytest
from shop import Shop, shop
from test_present import HOSTILE, plan

from rollback.approval import question
from rollback.model import Command, Finding, Probe, Step, Undo

__all__ = ["shop"]
RUN = Path("/home/someone/projects/the shop/.rollback-checkpoint-20261124-040511")


def asked(verb: str = "execute", **changes: object) -> str:
    return question.text(verb, msgspec.to_builtins(plan(**changes)), RUN)


def line(text: str, start: str) -> str:
    return next(row for row in text.splitlines() if row.startswith(start))


DECIDING = (
    "ROLL BACK production (release-folders, protected, level app)", "shop: v1.4.0 (20261124040000) -> v1.2.0 (20261120040000)",
    "database: not touched; 2 migration file(s)", "downtime: ", "irreversible: ", "way back: /deployment-rollback restore", "health now: unhealthy",
)  # fmt: skip
MORE = (
    "warning: only the one before", "skipped: 20261122040000 failed", 'takes back 7 commit(s): "Add cart"',
    "steps: Point current at 20261120040000; Restart",
)  # fmt: skip


def test_a_person_reading_only_this_knows_what_will_happen():
    warning = Finding("warning", "only-the-one-before", "only the one before")
    text = asked(findings=(*plan().findings, warning))
    assert [fact for fact in (*DECIDING, *MORE) if fact not in text] == []
    assert len(text) <= 1200


def test_what_decides_is_among_the_ten_lines_that_a_narrow_terminal_shows():
    many = tuple(Finding("warning", str(number), "x " * 100) for number in range(9))
    shown = [
        part
        for row in asked(findings=(*plan().findings, *many)).splitlines()
        for part in textwrap.wrap(row, 76)
    ][:10]
    assert [fact for fact in DECIDING if fact not in " ".join(shown)] == []


def test_a_missing_reason_is_no_news_any_more():
    assert "--reason" not in asked()


def test_a_restore_is_told_from_its_own_side():
    text = asked("restore")
    assert text.splitlines()[0].startswith("TAKE BACK the rollback of production")
    assert "v1.2.0 (20261120040000) -> v1.4.0 (20261124040000)" in text
    assert "brings back 7 commit(s)" in text
    assert line(text, "way back:") == "way back: plan the rollback again"
    assert line(text, "undoes, last one first:") and "skipped" not in text


def test_steps_without_a_way_back_are_named():
    undone = Step("swap", "Swap", Command(("swap",)), undo=Undo(Command(("back",))))
    assert "irreversible: nothing" in asked(steps=(undone,))
    text = asked(steps=(undone, Step("drop", "Drop it", Command(("x",)), irreversible=True)))
    assert "irreversible: Drop it" in text
    assert (
        line(text, "way back:")
        == "way back: /deployment-rollback restore, but not of what is irreversible"
    )
    assert (
        line(
            asked(steps=(Step("drop", "Drop it", Command(("x",)), irreversible=True),)), "way back:"
        )
        == "way back: none"
    )
    lock = Step("lock.take", "Lock it", Command(("x",)), moves=(), lock="take")
    assert "irreversible: nothing" in asked(steps=(lock, undone)), "a lock changes nothing"


HOOKS = (
    Finding("warning", "hooks", "hooks run: Job/migrate (pre-rollback) of revision 2"),
    Finding("note", "hooks-restore", "hooks run by restore.sh: Job/undo (post-rollback) of revision 4"),
)  # fmt: skip


def test_hooks_that_may_touch_the_database_are_told_beside_it():
    text = asked(findings=(*plan().findings, *HOOKS))
    told = "database: not touched by these steps; hooks run: Job/migrate (pre-rollback) of revision 2; 2 migration"
    assert line(text, "database:").startswith(told)
    assert "Job/undo" not in text and text.count("Job/migrate") == 1
    back = line(asked("restore", findings=HOOKS), "database:")
    assert (
        back
        == "database: not touched by these steps; hooks run by restore.sh: Job/undo (post-rollback) of revision 4"
    )


def test_a_known_downtime_is_told():
    text = asked(findings=(Finding("warning", "downtime", "about 3 s for web"),))
    assert (
        line(text, "downtime").startswith("downtime: about 3 s for web")
        and text.count("about 3 s") == 1
    )


SWITCH = Step("switch", "Switch", Command(("switch",)), Probe(Command(("look",)), "v1"))
RESTART = Step("restart", "Restart", Command(("restart",)))
KEPT = Finding(
    "note", "no-restart", "what keeps code in memory serves the old code until it is restarted"
)


@pytest.mark.parametrize("verb", ["execute", "restore"])
def test_where_nothing_is_restarted_the_question_says_that_and_what_it_means(verb):
    told = line(asked(verb, steps=(SWITCH,), findings=(KEPT,)), "downtime:")
    assert told.startswith(f"downtime: nothing is restarted by these steps: {KEPT.message}")


def test_a_restart_is_said_to_be_one_and_nothing_else_is():
    assert line(asked(steps=(SWITCH, RESTART)), "downtime:").startswith(
        "downtime: while these steps restart what serves"
    )
    assert line(asked(steps=(SWITCH,)), "downtime:").startswith("downtime: none known")
    lock = Step("lock.take", "Lock it", Command(("x",)), moves=(), lock="take")
    assert line(asked(steps=(lock, SWITCH)), "downtime:").startswith("downtime: none known")


def test_what_is_not_restarted_is_told_beside_what_is():
    told = line(asked(steps=(SWITCH, RESTART), findings=(KEPT,)), "downtime:")
    assert told.startswith(
        f"downtime: while these steps restart what serves; not restarted: {KEPT.message}"
    )


@pytest.mark.programs
def test_a_link_that_is_switched_without_a_restart_is_no_restart(shop: Shop) -> None:
    shop.plan()
    told = line(question.text("execute", question.load(shop.run), shop.run), "downtime:")
    assert (
        "nothing is restarted by these steps: no restart: in the settings" in told
        and "while these steps" not in told
    )
    shop.settings(restart=["true"])
    shop.plan()
    told = line(question.text("execute", question.load(shop.run), shop.run), "downtime:")
    assert told.startswith("downtime: while these steps restart what serves")


@pytest.mark.parametrize("verb", ["execute", "restore"])
def test_a_hundred_moves_and_warnings_stay_readable(verb):
    many = plan().moves * 100
    text = asked(
        verb,
        moves=many,
        findings=tuple(Finding("warning", "x", f"warning {number}") for number in range(100)),
    )
    assert len(text.splitlines()) < 30 and "and 97 more" in text


def test_nothing_from_outside_is_markup_or_control():
    step = Step("x", HOSTILE, Command(("x",)))
    text = asked(environment=HOSTILE, steps=(step,), findings=(Finding("warning", "x", HOSTILE),))
    assert not any(character in text.replace("->", "") for character in "<>`\x1b\u202e\r\x00")


@pytest.mark.parametrize("content", ["", "[]", "null", "{", "\xff"])
def test_a_damaged_plan_is_no_question(tmp_path, content):
    (tmp_path / "plan.json").write_text(content, encoding="latin-1")
    with pytest.raises(ValueError):
        question.load(tmp_path)
