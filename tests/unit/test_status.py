"""Status: what is live, the last finished run, an unfinished run and a waiting plan; newer plans hide none of them."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from records import journal
from shop import LAST, NOW, OLD, Shop, shop

from rollback import clock
from rollback.commands import present_status
from rollback.errors import Unreadable
from rollback.flow import history
from rollback.flow.status import status
from rollback.records import lock
from rollback.records import run as runs

__all__ = ["shop"]
pytestmark = [pytest.mark.programs, pytest.mark.network]


def told(shop: Shop) -> list[str]:
    """The lines as a pipe gets them."""
    return [line for line in present_status.lines(status(shop.project, "staging")) if line]


def facts(shop: Shop) -> dict[str, Any]:
    return status(shop.project, "staging")


def change(folder: Path, **fields: Any) -> None:
    runs.save_plan(folder, replace(runs.load_plan(folder), **fields))


def executed(shop: Shop) -> Path:
    shop.plan()
    shop.execute()
    return shop.run


def interrupted(shop: Shop) -> Path:
    """A run whose first step was begun and never ended."""
    shop.plan()
    journal(shop.run, f"rollback {runs.load_plan(shop.run).steps[0].id} start")
    return shop.run


def starts(lines: list[str]) -> list[str]:
    return [line.partition(":")[0] for line in lines if not line.startswith("  ")]


class TestNothingIsHidden:
    @pytest.mark.parametrize(
        "later", [{"verdict": "blocked"}, {"verdict": "dry-run"}, {"expires_at": clock.now(-5)}]
    )
    def test_a_plan_that_cannot_be_executed_does_not_hide_the_finished_run(
        self, shop: Shop, later: dict[str, Any]
    ) -> None:
        done = executed(shop)
        shop.plan()
        change(shop.run, **later)
        found = facts(shop)
        assert (found["run"], found["state"], found["verdict"]) == (str(done), "finished", "ready")
        assert found["finished"]["run"] == str(done)
        assert (found["waiting"], found["unfinished"], found["next"]) == (None, None, None)

    def test_nor_the_unfinished_one(self, shop: Shop) -> None:
        begun = interrupted(shop)
        shop.plan()  # blocked by the unfinished run
        found = facts(shop)
        assert (found["run"], found["state"]) == (str(begun), "unfinished")
        assert found["waiting"] is None and "execute.py" in found["next"]

    def test_a_waiting_plan_comes_before_the_finished_run_and_both_are_told(
        self, shop: Shop
    ) -> None:
        done = executed(shop)
        shop.plan()
        found = facts(shop)
        assert (found["run"], found["state"]) == (str(shop.run), "new")
        assert found["waiting"]["run"] == str(shop.run) and found["finished"]["run"] == str(done)
        assert found["next"] == found["waiting"]["command"] and str(shop.run) in found["next"]

    def test_what_the_last_run_left_open_is_still_told(self, shop: Shop) -> None:
        executed(shop)
        shop.plan()
        assert any("reintroduce" in item for item in facts(shop)["open"])

    def test_a_plan_from_before_the_last_run_waits_no_more(self, shop: Shop) -> None:
        shop.plan()
        change(shop.run, created_at=clock.now(-30))
        executed(shop)
        assert facts(shop)["waiting"] is None


class TestWhatIsToldOfEach:
    def test_the_order_of_the_lines(self, shop: Shop) -> None:
        executed(shop)
        begun = interrupted(shop)
        lines = told(shop)
        assert starts(lines)[:4] == ["status", "live", "last run", "unfinished run"]
        assert lines[-1] == f"next: {facts(shop)['unfinished']['command']}"
        stopped = next(line for line in lines if line.startswith("unfinished run: "))
        assert stopped.startswith(
            "unfinished run: no result recorded, health unknown, stopped "
        ) and stopped.endswith(" at step app.shop.switch")
        assert [
            line
            for line in lines
            if str(begun) not in line and str(shop.project) not in line and len(line) > 120
        ] == []

    def test_what_serves_is_read_now(self, shop: Shop) -> None:
        executed(shop)
        (shop.project / "current").unlink()
        (shop.project / "current").symlink_to(f"releases/{OLD}")
        (row,) = facts(shop)["live"]
        assert (row["app"], row["release"]) == ("shop", OLD)
        assert f"live: shop {OLD}" in "\n".join(told(shop))

    def test_a_platform_out_of_reach_is_told_and_hides_nothing(
        self, shop: Shop, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        done = executed(shop)

        def away(*words: object) -> None:
            raise Unreadable(
                "ssh-failed", "web1 cannot be reached: timed out", "try: ssh web1 true"
            )

        monkeypatch.setattr(history, "read", away)
        found = facts(shop)
        assert (found["live"], found["unreadable"]["code"], found["run"]) == (
            None,
            "ssh-failed",
            str(done),
        )
        assert "live: could not be read: web1 cannot be reached: timed out" in told(shop)

    def test_the_last_run_with_its_outcome_health_and_way_back(self, shop: Shop) -> None:
        executed(shop)
        last = facts(shop)["finished"]
        assert (last["outcome"], last["exit"], last["health"]) == ("done", 11, "unknown")
        assert (
            last["moves"] == [{"component": "app", "app": "shop", "from": NOW, "to": LAST}]
            and "restore.py" in last["restore"]
        )
        assert last["at"] == runs.journal(shop.run)[-1].at

    def test_a_restored_run_offers_no_second_restore(self, shop: Shop) -> None:
        executed(shop)
        shop.execute("restore")
        last = facts(shop)["finished"]
        assert (last["outcome"], last["restore"]) == ("restored", None)
        assert last["moves"] == [{"component": "app", "app": "shop", "from": LAST, "to": NOW}]
        assert facts(shop)["open"] == []

    def test_a_later_look_at_health_counts(self, shop: Shop) -> None:
        executed(shop)
        (shop.run / "health.json").write_text('{"verdict": "healthy", "checks": []}')
        assert facts(shop)["finished"]["health"] == "healthy"

    def test_a_result_from_before_the_last_start_does_not(self, shop: Shop) -> None:
        executed(shop)
        journal(shop.run, "restore x start")
        found = facts(shop)["unfinished"]
        assert (found["outcome"], found["health"]) == ("unfinished", "unknown")
        assert "restore.py" in found["command"], "it goes on in the direction of the last start"

    def test_an_unfinished_run_can_be_resumed_restored_or_abandoned(self, shop: Shop) -> None:
        begun = interrupted(shop)
        found = facts(shop)["unfinished"]
        for key, words in (
            ("command", "execute.py"),
            ("restore", "restore.py"),
            ("abandon", "plan.py --abandon"),
        ):
            assert words in found[key] and str(begun) in found[key]

    def test_without_its_plan_only_abandoning_is_left(self, shop: Shop) -> None:
        begun = interrupted(shop)
        (begun / "plan.json").write_text("{")
        found = status(shop.project)
        assert (
            found["unfinished"]["command"] is None and "--abandon" in found["unfinished"]["abandon"]
        )
        assert found["next"] is None

    def test_a_run_at_work_is_named_and_nothing_is_offered(self, shop: Shop) -> None:
        interrupted(shop)
        with lock.hold(shop.project, "ana, execute of run x"):
            found = facts(shop)
        assert "ana, execute of run x" in found["at_work"] and found["next"] is None

    def test_an_abandoned_run_is_said_to_be_one(self, shop: Shop) -> None:
        runs.abandon(interrupted(shop))
        assert facts(shop)["state"] == "abandoned" and "abandoned run" in starts(told(shop))

    def test_a_blocked_plan_alone_is_told(self, shop: Shop) -> None:
        shop.plan()
        change(shop.run, verdict="blocked")
        assert "newest plan: blocked, nothing is waiting for approval" in told(shop)

    def test_where_nothing_was_ever_planned_what_serves_is_told_all_the_same(
        self, shop: Shop
    ) -> None:
        assert told(shop)[0] == "status: staging" and told(shop)[-1] == present_status.NEVER
        assert facts(shop)["live"][0]["release"] == NOW and facts(shop)["run"] is None


def test_the_command_line_tells_the_same(shop: Shop) -> None:
    executed(shop)
    argv = [*shop.argv("plan")[:2], "staging", "status"]
    done = subprocess.run(
        argv, cwd=shop.project, env=shop.environment(), capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines() == told(shop)
    done = subprocess.run(
        [*argv, "--json"],
        cwd=shop.project,
        env=shop.environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(done.stdout) == facts(shop)
