"""Drizzle Kit has no downs: they are computed from its snapshots, or written by a person."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import PASSWORD, Server
from database_site import secrets_in, sqlite_runner
from drizzle_shop import DrizzleShop
from native_site import TOOLS

APPLIED = "SELECT count(*) FROM {}__drizzle_migrations"
COLUMNS = "SELECT column_name FROM information_schema.columns WHERE table_name = 'orders'"


@pytest.fixture
def site(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[DrizzleShop]:
    if not (TOOLS / DrizzleShop.modules).exists():
        pytest.skip("needs tests/live/beds/migration_tools.sh install")
    if getattr(request, "param", "") == "sqlite":
        file = tmp_path / "shop.db"
        sqlite3.connect(file).close()
        made = DrizzleShop(tmp_path, f"sqlite:{file}", sqlite_runner(file))
    else:
        server: Server = request.getfixturevalue("server")
        server.create("shop")
        made = DrizzleShop(
            tmp_path, server.url("shop"), lambda text: server.sql(f"SET ROLE shop; {text}", "shop")
        )
    made.begin()
    yield made
    made.stop()


def state(site: DrizzleShop) -> tuple[str, set[str]]:
    if site.url.startswith("sqlite"):
        columns = "SELECT name FROM pragma_table_info('orders')"
        return site.sql(APPLIED.format("")), set(site.sql(columns).split())
    return site.sql(APPLIED.format("drizzle.")), set(site.sql(COLUMNS).split())


def test_both_go_back_in_one_transaction_and_forward_again(site):
    site.schema("legacy", "note", "channel")
    second = site.generate("channel")
    site.schema("note", "channel")
    third = site.generate("legacy")
    site.deploy("v1.2", 2, broken=True)
    site.serve()
    assert state(site) == ("3", {"id", "note", "channel"})
    rows = site.sql("SELECT * FROM drizzle.__drizzle_migrations ORDER BY id")
    oldest = min((site.files / "releases").iterdir())
    site.in_release(oldest, "drizzle-kit", "migrate")  # old code that starts passes over newer rows
    assert state(site) == ("3", {"id", "note", "channel"})
    plan = site.plan("--with-db")
    assert "computed-down" in site.codes(plan, "warning")
    (database,) = plan["databases"]
    assert [row["id"] for row in database["migrations"]] == [third, second]
    done = site.execute(plan)
    assert (done["outcome"], done["exit"]) == ("done", 0), done
    assert state(site) == ("1", {"id", "legacy", "note"})
    assert site.answer() == (200, "v1.1")
    assert site.restore(plan, check=None)["outcome"] == "restored"
    assert state(site) == ("3", {"id", "note", "channel"})
    assert site.sql("SELECT * FROM drizzle.__drizzle_migrations ORDER BY id") == rows
    assert secrets_in(Path(plan["run"]), PASSWORD) == []


def test_what_the_snapshots_do_not_show_blocks_until_a_down_is_written(site):
    site.schema("legacy", "note", "channel")
    site.generate("channel")
    rename = site.generate("remark", "--custom")
    name = rename.partition(" ")[0]
    site.put(f"drizzle/{name}.sql", "ALTER TABLE orders RENAME COLUMN note TO remark;")
    site.deploy("v1.2", 2, broken=True)
    plan = site.plan("--with-db", check=6)
    (finding,) = [it for it in plan["findings"] if it["code"] == "irreversible-migration"]
    assert f"migration {rename} cannot be reversed" in finding["message"]
    assert f"beside it: {name}.down.sql" in finding["message"]
    assert state(site) == ("3", {"id", "legacy", "remark", "channel"})


@pytest.mark.parametrize("site", ["sqlite"], indirect=True)
def test_a_down_that_a_person_wrote_is_run_on_any_engine(site):
    site.schema("legacy", "note", "channel")
    id = site.generate("channel")
    site.deploy("v1.2", 2, broken=True)
    site.serve()
    plan = site.plan("--with-db", check=6)
    assert site.codes(plan) == ["level-unsupported"]
    assert "0001_channel.down.sql" in plan["findings"][0]["fix"]
    site.put("drizzle/0001_channel.down.sql", "ALTER TABLE orders DROP COLUMN channel;\n")
    plan = site.plan("--with-db")
    (migration,) = plan["databases"][0]["migrations"]
    assert (migration["id"], migration["reversal"]) == (id, "per-file")
    assert site.execute(plan)["exit"] == 0
    assert state(site) == ("1", {"id", "legacy", "note"})
    assert site.restore(plan, check=None)["outcome"] == "restored"
    assert state(site) == ("2", {"id", "legacy", "note", "channel"})
