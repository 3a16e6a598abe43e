"""Liquibase reverses its change sets by the commands of its free edition."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import PASSWORD, Server
from database_site import secrets_in
from folders_site import kill_at
from liquibase_shop import CHANGELOG, CHANNEL, EMPTY, HOME, LEGACY, ONE_WAY, LiquibaseShop, serve


@pytest.fixture(scope="module")
def port(server: Server) -> int:
    # this old driver's SCRAM fails with that password
    (server.folder / "data/pg_hba.conf").write_text("local all all trust\n")
    server.sql("SELECT pg_reload_conf()")
    return serve(server.folder)


@pytest.fixture
def site(server: Server, port: int, tmp_path: Path) -> Iterator[LiquibaseShop]:
    if not HOME.exists():
        pytest.skip("needs tests/live/beds/migration_tools.sh install")
    server.create("shop")
    made = LiquibaseShop(
        tmp_path, server.url("shop"), lambda text: server.sql(f"SET ROLE shop; {text}", "shop")
    )
    made.store = server
    made.begin(port)
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


PAID = '<addColumn tableName="orders"><column name="paid" type="text"/></addColumn>'


def blocked(site: LiquibaseShop) -> list[str]:
    plan = site.plan("--with-db", check=6)
    return [it["message"] for it in plan["findings"] if it["code"] == "irreversible-migration"]


def test_another_change_set_that_would_be_taken_blocks(site):
    site.deploy("v1.1.1", 5, paid=PAID)
    site.deploy("v1.2", 2, broken=True, channel=CHANNEL)
    row = "UPDATE databasechangelog SET {} WHERE id = '{}'"
    # by a client whose clock, or time zone, is ahead
    site.sql(row.format("dateexecuted = dateexecuted + interval '2 hours'", "paid"))
    (why,) = blocked(site)
    assert "channel::ana cannot be reversed: paid::ana was applied after it, and stays" in why
    site.sql(row.format("dateexecuted = dateexecuted - interval '2 hours'", "paid"))
    # by an application that runs Liquibase from another folder
    site.sql(row.format("filename = 'src/changelog.xml'", "channel"))
    (why,) = blocked(site)
    assert "the table has it under another file name" in why
    assert site.applied() == ["orders", "paid", "channel"]


def test_a_change_set_that_was_never_deployed_blocks_until_liquibase_leaves_it_out(site):
    site.sets.append(f'<changeSet id="seed" author="ana" context="test">{ONE_WAY}</changeSet>')
    site.sets.append(f'<changeSet id="channel" author="ana">{CHANNEL}</changeSet>')
    site.put("db/changelog.xml", CHANGELOG.format("\n".join(site.sets)))
    words = ("venv/bin/liquibase", "update", "--contexts=prod")
    folder = site.release("v1.2", 2, *words, broken=True)
    site.serve()
    (why,) = blocked(site)
    assert "a restore would apply seed::ana in its place, which is not applied" in why
    properties = folder / "liquibase.properties"
    properties.write_text(properties.read_text() + "contexts=prod\n")
    plan = site.plan("--with-db")
    assert site.execute(plan)["outcome"] == "done"
    assert site.restore(plan, check=None)["outcome"] == "restored"
    assert site.applied() == ["orders", "channel"]
    assert site.sql("SELECT note FROM orders ORDER BY id").split() == ["x", "y"]


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
