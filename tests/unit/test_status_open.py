"""What status keeps open: parts that stayed on another release, until another run came after."""

from __future__ import annotations

import pytest
from shop import Shop, shop
from test_status import change, executed, facts

from rollback.model import Finding

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
