"""The question as a person reads it: what, where, from what to what, what speaks against it, and the way back; bounded and harmless."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from test_present import HOSTILE, plan

from rollback import question
from rollback.model import Command, Finding, Step, Undo

RUN = Path("/home/someone/projects/the shop/.rollback-checkpoint-20261124-040511")


def asked(verb: str = "execute", **changes: object) -> str:
    return question.text(verb, msgspec.to_builtins(plan(**changes)), RUN)


def line(text: str, start: str) -> str:
    return next(row for row in text.splitlines() if row.startswith(start))


def test_a_person_reading_only_this_knows_what_will_happen():
    text = asked()
    assert text.splitlines()[0] == "ROLL BACK production (release-folders, protected, level app)"
    for fact in (
        "shop: v1.4.0 (20261124040000) -> v1.2.0 (20261120040000)", "skipped: 20261122040000 failed", 'takes back 7 commit(s): "Add cart"',
        "health now: unhealthy", "database: not touched; 2 migration file(s)", "warning: no --reason given",
        "steps: Point current at 20261120040000; Restart", "downtime: ",
    ):  # fmt: skip
        assert fact in text
    assert len(text) <= 1200


def test_the_last_line_is_the_way_back_ready_to_paste():
    assert asked().splitlines()[-1].endswith(f"restore.py '{RUN}'")
    assert asked("restore").splitlines()[-1].endswith(f"execute.py '{RUN}'")


def test_a_restore_is_told_from_its_own_side():
    text = asked("restore")
    assert text.splitlines()[0].startswith("TAKE BACK the rollback of production")
    assert "v1.2.0 (20261120040000) -> v1.4.0 (20261124040000)" in text
    assert "brings back 7 commit(s)" in text
    assert line(text, "undoes, last one first:") and "skipped" not in text


def test_steps_without_a_way_back_are_named():
    undone = Step("swap", "Swap", Command(("swap",)), undo=Undo(Command(("back",))))
    assert line(asked(steps=(undone,)), "irreversible") == "irreversible: nothing"
    assert line(asked(steps=(undone, Step("drop", "Drop it", Command(("x",)), irreversible=True))), "irreversible") == "irreversible: Drop it"


def test_a_known_downtime_is_told():
    assert line(asked(findings=(Finding("note", "downtime", "about 3 s for web"),)), "downtime") == "downtime: about 3 s for web"


@pytest.mark.parametrize("verb", ["execute", "restore"])
def test_a_hundred_moves_and_warnings_stay_readable(verb):
    many = plan().moves * 100
    text = asked(verb, moves=many, findings=tuple(Finding("warning", "x", f"warning {number}") for number in range(100)))
    assert len(text.splitlines()) < 30 and "and 94 more" in text


def test_nothing_from_outside_is_markup_or_control():
    step = Step("x", HOSTILE, Command(("x",)))
    text = asked(environment=HOSTILE, steps=(step,), findings=(Finding("warning", "x", HOSTILE),))
    assert not any(character in text.replace("->", "") for character in "<>`\x1b\u202e\r\x00")


@pytest.mark.parametrize("content", ["", "[]", "null", "{", "\xff"])
def test_a_damaged_plan_is_no_question(tmp_path, content):
    (tmp_path / "plan.json").write_text(content, encoding="latin-1")
    with pytest.raises(ValueError):
        question.load(tmp_path)
