"""Which run is meant when none is named, and why it was planned."""

from __future__ import annotations

import json
import subprocess
from typing import Any

import pytest
from shop import LAST, Shop, shop

from rollback.approval import approvals
from rollback.commands import plan as ask
from rollback.commands.answer import Answer
from rollback.commands.plan_options import Call
from rollback.errors import Usage
from rollback.flow import plan
from rollback.flow.plan import Request
from rollback.flow.status import status
from rollback.records import run

__all__ = ["shop"]
pytestmark = pytest.mark.programs


def answered(shop: Shop, *words: str) -> Answer:
    return ask.answer(Call(Request(shop.project), words))


class TestTheEnvironmentNamed:
    def test_status_is_that_of_its_newest_run(self, shop: Shop) -> None:
        shop.plan("staging")
        ours = shop.run
        shop.plan("production")
        assert answered(shop, "staging", "status").facts["run"] == str(ours)
        assert answered(shop, "status").facts["run"] == str(shop.run)

    def test_without_a_run_there_is_no_status_of_another_environment(self, shop: Shop) -> None:
        shop.plan("production")
        assert status(shop.project, "staging")["run"] is None

    def test_restore_never_offers_another_environments_run(self, shop: Shop) -> None:
        shop.plan("staging")
        shop.execute()
        with pytest.raises(Usage, match="no run of production was ever started"):
            answered(shop, "production", "restore")
        assert answered(shop, "staging", "restore").facts["run"] == str(shop.run)

    def test_a_run_whose_plan_is_lost_belongs_to_none(self, shop: Shop) -> None:
        shop.plan("staging")
        (shop.run / "plan.json").unlink()
        with pytest.raises(Usage, match="there is no run of staging"):
            run.find(shop.project, None, "summary", "staging")


class TestTheReasonOfThePlan:
    def test_it_is_the_reason_of_the_run(self, shop: Shop) -> None:
        shop.plan()
        shop.execute()
        events = {row["event"]: row.get("reason") for row in shop.audit()}
        assert events["plan"] == events["approval"] == "a test"
        assert "because: a test" in (shop.run / "summary.md").read_text()

    def test_a_later_reason_comes_first(self, shop: Shop) -> None:
        shop.plan()
        shop.execute(reason="checkout fails")
        assert "because: checkout fails" in (shop.run / "summary.md").read_text()

    def test_it_is_not_the_reason_to_restore(self, shop: Shop) -> None:
        shop.plan()
        shop.execute()
        shop.execute("restore")
        assert [row["reason"] for row in shop.audit() if row["event"] == "approval"] == [
            "a test",
            "",
        ]

    def test_it_is_no_part_of_the_digest(self, shop: Shop) -> None:
        shop.plan()
        before = approvals.digest(shop.run)
        (shop.run / run.REASON).write_text("another\n\x1b[31m")
        assert (
            approvals.digest(shop.run) == before
            and "another" in run.reason(shop.run)
            and "\x1b" not in run.reason(shop.run)
        )

    def test_an_unattended_run_needs_its_own(self, shop: Shop) -> None:
        shop.settings(unattended=True)
        shop.plan()
        shop.refused(Usage, "reason-needed", approved=False, digest=shop.digest())


class TestApplicationsOfTheSettings:
    def test_an_unknown_one_is_refused_as_on_the_command_line(self, shop: Shop) -> None:
        shop.settings(apps=["shoop"])
        with pytest.raises(Usage, match="no application shoop here"):
            shop.plan()

    def test_a_known_one_is_planned(self, shop: Shop) -> None:
        shop.settings(apps=["shop"])
        assert [move.to.id for move in shop.plan().moves] == [LAST]

    def test_the_command_line_goes_before_them(self, shop: Shop) -> None:
        shop.settings(apps=["shoop"])
        assert (
            plan.make(plan.Request(shop.project, "staging", apps=("shop",))).plan.verdict == "ready"
        )


class TestRecording:
    def record(self, shop: Shop, *words: str) -> tuple[int, dict[str, Any]]:
        argv = [
            *shop.argv("history")[:2],
            "staging",
            "--json",
            "--project",
            str(shop.project),
            *words,
        ]
        done = subprocess.run(
            argv, env=shop.environment(), capture_output=True, text=True, check=False
        )
        return done.returncode, json.loads(done.stdout)

    def test_an_unknown_application_is_not_recorded(self, shop: Shop) -> None:
        exit, said = self.record(shop, "--record", "--verdict", "good", "--app", "nosuch")
        assert exit == 2 and said["error"]["code"] == "unknown-app" and not shop.ledger()

    def test_a_verdict_without_record_is_refused(self, shop: Shop) -> None:
        exit, said = self.record(shop, "--verdict", "good")
        assert exit == 2 and said["error"]["code"] == "verdict-without-record" and not shop.ledger()


def test_closing_a_run_is_one_document_too(shop: Shop) -> None:
    shop.settings(restart=["false"])
    shop.plan()
    shop.execute()
    argv = [*shop.argv("plan")[:2], "--abandon", str(shop.run), "--json"]
    closed = subprocess.run(
        argv, cwd=shop.project, env=shop.environment(), capture_output=True, check=False
    )
    assert closed.returncode == 0 and json.loads(closed.stdout)["abandoned"] == str(shop.run)
