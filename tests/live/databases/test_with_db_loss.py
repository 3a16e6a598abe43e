"""What a reversal would lose is counted with the plan, and again before the change."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from database_site import CHANNEL, REFUNDS, DatabaseSite, releases

ROW = ("INSERT INTO refunds VALUES (4)", "refunds has more than 3 rows")
VALUE = ("UPDATE orders SET channel = 'web'", "orders.channel has more than 1 values")
FEWER = ("DELETE FROM refunds WHERE id > 2", "UPDATE orders SET channel = NULL WHERE id > 1")


@pytest.mark.parametrize(
    ("site", "written"),
    [("sqlite", [ROW]), ("postgresql", [VALUE]), ("mysql", [ROW, VALUE])],
    indirect=["site"],
)
def test_a_loss_needs_a_yes_and_is_counted_again_before_the_change(site, written):
    releases(site, _2_channel=CHANNEL, _3_refunds=REFUNDS)
    site.sql("UPDATE orders SET channel = 'web' WHERE id = 1")
    site.sql("INSERT INTO refunds VALUES (1), (2), (3)")
    plan = site.plan("--with-db", check=6)
    assert site.codes(plan) == ["loses-data"]
    newest, older = plan["databases"][0]["migrations"]
    assert (newest["loses"]["rows"], older["loses"]["values"]) == (3, 1)
    message = plan["findings"][0]["message"]
    assert "refunds: 3 rows" in message and "orders.channel: 1 values" in message
    accepted = site.plan("--with-db", "--accept-loss")
    assert "loses-data" in site.codes(accepted, "warning")
    for since, lost in written:
        more_than_the_plan_counted(site, accepted, since, lost)
    assert site.execute(accepted)["exit"] == 0, "less than was counted is no obstacle"
    assert site.applied() == ["1"]


def more_than_the_plan_counted(site: DatabaseSite, plan: Any, since: str, lost: str) -> None:
    site.sql(since)
    assert site.execute(plan, check=5)["outcome"] == "partial"
    log = (Path(plan["run"]) / "rollback.log").read_text()
    assert f"more would be lost than the plan counted: {lost}" in log
    assert site.applied() == ["1", "2", "3"], "not even the migration that loses nothing more"
    assert site.sql("SELECT count(*) FROM refunds") == ("4" if "refunds" in lost else "3")
    for statement in FEWER:
        site.sql(statement)
    site.sql("INSERT INTO refunds VALUES (3)")


@pytest.mark.parametrize("site", ["postgresql"], indirect=True)
def test_an_empty_column_that_was_filled_since_is_not_lost(site):
    releases(site, _2_channel=CHANNEL)
    plan = site.plan("--with-db")
    site.sql("UPDATE orders SET channel = 'web'")
    site.execute(plan, check=5)
    assert site.sql("SELECT DISTINCT channel FROM orders") == "web"
    assert site.applied() == ["1", "2"]
    site.sql("UPDATE orders SET channel = NULL")
    assert site.execute(plan)["exit"] == 0
    assert site.applied() == ["1"]
