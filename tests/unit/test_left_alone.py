"""What a rollback leaves alone is said in the question and in the result; two releases at once are never a plain `done`."""

from __future__ import annotations

import json
import subprocess
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace
from shop import LAST, NOW, Shop, shop
from test_present import plan as made
from test_present import shown
from test_question import asked

from rollback.commands import present_outcome
from rollback.model import FORWARD, Check, Finding, Outcome
from rollback.platforms import release_folders
from rollback.records import run as runs
from rollback.script import header, render

__all__ = ["shop"]
MOVE_IT = "list db under services in the settings"
DB = Finding(
    "warning", "left-alone", "db stays on postgres:17: it keeps data in a named volume", MOVE_IT
)
JOB = Finding("note", "left-alone", "migrate stays on app:v3: it is a one-off job")
TOLD = f"db stays on postgres:17: it keeps data in a named volume; to change that: {MOVE_IT}"


class TestTheQuestion:
    def test_it_stands_right_below_the_moves(self) -> None:
        rows = asked(findings=(*made().findings, JOB, DB)).splitlines()
        assert rows[1].startswith("shop: ") and rows[2] == f"left alone: {TOLD}"
        assert rows[3] == f"left alone: {JOB.message}" and "left alone" not in rows[4]

    def test_it_is_not_said_twice(self) -> None:
        assert asked(findings=(DB,)).count("postgres:17") == 1
        assert shown(findings=(DB,)).count("postgres:17") == 1

    def test_many_are_counted(self) -> None:
        many = tuple(
            Finding("note", "left-alone", f"job{number} stays on v3") for number in range(9)
        )
        text = asked(findings=(*many, DB))
        assert "and 7 more" in text and "postgres:17" in text, (
            "what stays on another release comes first"
        )

    def test_a_restore_leaves_nothing_behind(self) -> None:
        assert "left alone" not in asked("restore", findings=(DB,))

    def test_at_a_terminal_it_stands_below_the_moves_too(self) -> None:
        noise = tuple(Finding("warning", str(number), "x") for number in range(9))
        assert shown(findings=(*noise, DB)).splitlines()[2] == f"left alone: {TOLD}"

    def test_the_script_by_itself_says_it(self) -> None:
        notes = "\n".join(header.notes(made(findings=(DB, JOB)), FORWARD))
        assert DB.message in notes and JOB.message in notes


def change(shop: Shop, *findings: Finding) -> None:
    """The same plan as if its adapter had found this."""
    plan = replace(runs.load_plan(shop.run), findings=findings)
    runs.save_plan(shop.run, plan)
    render.scripts(plan, shop.run)


@pytest.fixture
def healthy(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> Shop:
    monkeypatch.setattr(release_folders, "checks", lambda moves, shell: [Check("web", "healthy")])
    shop.plan()
    return shop


def text(outcome: Outcome) -> list[str]:
    return list(present_outcome.outcome_lines(msgspec.to_builtins(outcome)))


@pytest.mark.programs
class TestTheResult:
    def test_two_releases_are_partial_and_no_failure(self, healthy: Shop) -> None:
        change(healthy, DB)
        told = healthy.execute()
        assert (told.outcome, told.exit, told.stays) == ("partial", 0, ("db stays on postgres:17",))
        assert told.open[0] == TOLD and healthy.live() == LAST
        assert text(told)[0] == "partial (exit 0): db stays on postgres:17"
        assert f"open: {TOLD}" in text(told)

    def test_it_is_written_down(self, healthy: Shop) -> None:
        change(healthy, DB)
        healthy.execute()
        page = (healthy.run / "summary.md").read_text()
        assert "partial (exit 0): db stays on postgres:17" in page and TOLD in page
        assert healthy.audit()[-1]["outcome"] == "partial"
        done = subprocess.run(
            healthy.argv("summary"),
            env=healthy.environment(),
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stdout.startswith("partial (exit 0): db stays on postgres:17\n")

    def test_a_job_that_is_left_alone_is_told_and_nothing_is_missing(self, healthy: Shop) -> None:
        change(healthy, JOB)
        told = healthy.execute()
        assert (told.outcome, told.exit, told.stays) == ("done", 0, ())
        assert JOB.message in told.open

    def test_what_the_next_deploy_trips_over_stays_open(self, healthy: Shop) -> None:
        trap = Finding("note", "apply-keeps", "the next apply keeps OLD", "apply set-last-applied")
        change(healthy, trap)
        told = healthy.execute()
        assert "the next apply keeps OLD; apply set-last-applied" in told.open
        assert not any("OLD" in item for item in healthy.execute("restore").open)

    def test_restored_stays_restored(self, healthy: Shop) -> None:
        change(healthy, DB)
        healthy.execute()
        told = healthy.execute("restore")
        assert (told.outcome, told.exit, told.stays, told.open) == ("restored", 0, (), ())
        assert healthy.live() == NOW
        told = healthy.execute("restore")
        assert (told.outcome, told.exit, told.stays, told.open) == ("already", 0, (), ())

    def test_executed_again_it_is_still_said(self, healthy: Shop) -> None:
        change(healthy, DB)
        healthy.execute()
        told = healthy.execute()
        assert text(told)[0] == "already (exit 0): db stays on postgres:17"

    def test_without_a_health_check_it_is_partial_with_exit_11(self, shop: Shop) -> None:
        shop.plan()
        change(shop, DB)
        told = shop.execute()
        assert (told.outcome, told.exit) == ("partial", 11)

    def test_a_step_that_failed_is_the_news(self, shop: Shop) -> None:
        shop.settings(restart=["false"])
        shop.plan()
        change(shop, DB)
        told = shop.execute()
        assert told.exit == 5 and text(told)[0] == f"{told.outcome} (exit 5)"
        assert TOLD in told.open


def test_a_result_from_before_this_key_can_still_be_read(shop: Shop) -> None:
    facts: dict[str, Any] = msgspec.to_builtins(Outcome("done", 0, "x"))
    del facts["stays"]
    assert msgspec.json.decode(json.dumps(facts), type=Outcome).stays == ()
