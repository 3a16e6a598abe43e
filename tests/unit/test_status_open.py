"""What status keeps open: parts that stayed on another release, until another run came after."""

from __future__ import annotations

import pytest
from msgspec.structs import replace
from shop import Shop, shop
from test_status import change, executed, facts

from rollback.approval import shown
from rollback.model import Command, Finding, Probe, Step
from rollback.records import run as runs

__all__ = ["shop"]
pytestmark = [pytest.mark.programs, pytest.mark.network]


def test_a_part_that_stayed_on_another_release_stays_open(shop: Shop) -> None:
    executed(shop)
    left = Finding(
        "warning",
        "left-alone",
        "db stays on postgres:17: it keeps data",
        "list db under services in the settings",
    )
    job = Finding("note", "left-alone", "migrate stays on app:v3: a one-off job")
    change(shop.run, findings=(left, job))
    items = facts(shop)["open"]
    assert (
        items[0]
        == "db stays on postgres:17: it keeps data; to change that: list db under services in the settings"
    )
    assert not any("migrate" in item for item in items)
    shop.execute("restore", approved=True)
    assert facts(shop)["open"] == []


def test_the_proof_of_a_reminder_is_read_only_of_a_plan_as_it_was_made(shop: Shop) -> None:
    """Status asks nobody, so it runs nothing that came into the plan later."""
    executed(shop)
    touched = shop.root / "touched"
    proof = Probe(Command(("touch", str(touched))), "")
    plan = runs.load_plan(shop.run)
    ran = plan.steps[0].id
    step = Step(ran, "Suspend x", Command(("true",)), proof, reminder="resume x by hand")
    change(shop.run, components=(replace(plan.components[0], steps=(step,)),))
    assert "resume x by hand" in facts(shop)["open"] and not touched.exists()
    shown.remember(shop.project, shop.run, shop.digest(), "")
    assert "resume x by hand" in facts(shop)["open"] and touched.exists()


def test_what_stayed_is_no_news_once_another_run_came_after(shop: Shop) -> None:
    executed(shop)
    change(
        shop.run,
        findings=(Finding("warning", "left-alone", "db stays on postgres:17: it keeps data"),),
    )
    shop.plan()
    shop.execute()
    shop.execute("restore")
    (item,) = facts(shop)["open"]
    assert "reintroduce" in item, "the deploy that reintroduces the bad release is still to come"
