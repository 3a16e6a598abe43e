"""Liquibase reverses its change sets by the commands of its free edition."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import PASSWORD, Server
from database_site import secrets_in
from folders_site import kill_at
from liquibase_shop import CHANNEL, EMPTY, HOME, LEGACY, ONE_WAY, LiquibaseShop, serve


@pytest.fixture
def site(server: Server, tmp_path: Path) -> Iterator[LiquibaseShop]:
    if not HOME.exists():
        pytest.skip("needs tests/live/beds/migration_tools.sh install")
    # this old driver's SCRAM fails with that password
    (server.folder / "data/pg_hba.conf").write_text("local all all trust\n")
    server.sql("SELECT pg_reload_conf()")
    server.create("shop")
    made = LiquibaseShop(
        tmp_path, server.url("shop"), lambda text: server.sql(f"SET ROLE shop; {text}", "shop")
    )
    made.begin(serve(server.folder))
    yield made
    made.stop()


def test_a_killed_run_goes_on_and_is_restored(site):
    site.deploy("v1.2", 2, broken=True, channel=CHANNEL, legacy=LEGACY)
    site.serve()
    plan = site.plan("--with-db")
    (database,) = plan["databases"]
    assert [row["id"] for row in database["migrations"]] == ["legacy::ana", "channel::ana"]
    kill_at(site, "execute", plan, 5)
    end = time.monotonic() + 120
    while (done := site.execute(plan, check=None))["exit"] == 9:  # the tool is still at work
        assert time.monotonic() < end, done
        time.sleep(0.5)
    assert (done["outcome"], done["exit"]) == ("done", 0), done
    assert (site.applied(), site.columns()) == (["orders"], {"id", "legacy", "note"})
    back = site.restore(plan, check=None)
    assert back["outcome"] == "restored", back
    assert (site.applied(), site.columns()) == (
        ["orders", "channel", "legacy"],
        {"id", "note", "channel"},
    )
    assert secrets_in(Path(plan["run"]), PASSWORD) == []


def test_what_cannot_go_back_blocks_before_the_first_step(site):
    site.deploy("v1.2", 2, broken=True, wrote=ONE_WAY, channel=CHANNEL, legacy=EMPTY)
    plan = site.plan("--with-db", check=6)
    blocked = [it["message"] for it in plan["findings"] if it["code"] == "irreversible-migration"]
    assert blocked == [
        "migration legacy::ana cannot be reversed: its down is empty",
        "migration wrote::ana cannot be reversed: it has no rollback, and Liquibase derives none "
        "from sql",
    ]
    assert site.applied() == ["orders", "wrote", "channel", "legacy"]


def test_what_it_would_lose_is_counted_and_a_tool_that_does_nothing_fails_the_step(site):
    folder = site.deploy("v1.2", 2, broken=True, channel=CHANNEL)
    site.serve()
    site.sql("UPDATE orders SET channel = 'web' WHERE id = 1")
    plan = site.plan("--with-db", check=6)
    assert site.codes(plan) == ["loses-data"]
    assert "orders.channel: 1 values" in plan["findings"][0]["message"]
    accepted = site.plan("--with-db", "--accept-loss")
    assert accepted["databases"][0]["order"] == "after-app"
    program = folder / "venv/bin/liquibase"
    text = program.read_text()
    program.write_text(text.replace("set -eu", '[ "$1" != rollback-count ] || exit 0\nset -eu'))
    assert site.execute(accepted, check=5)["outcome"] == "partial"
    assert site.applied() == ["orders", "channel"]
    log = (Path(accepted["run"]) / "rollback.log").read_text()
    assert "reported success, but the database has: applied, orders.channel present" in log
