"""Release folders with dbmate migrations: the database goes back with the application."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import PASSWORD, Server
from database_site import (
    CHANNEL,
    EMPTY_DOWN,
    LEGACY,
    REFUNDS,
    DatabaseSite,
    program,
    releases,
    secrets_in,
    sqlite_runner,
)
from folders_site import kill_at


def columns(site: DatabaseSite) -> set[str]:
    try:
        query = "SELECT column_name FROM information_schema.columns WHERE table_name = 'orders'"
        return set(site.sql(query).split())
    except sqlite3.OperationalError:
        return set(site.sql("SELECT name FROM pragma_table_info('orders')").split())


def summary(plan: Any) -> str:
    return (Path(plan["run"]) / "summary.md").read_text()


@pytest.mark.parametrize("site", ["sqlite"], indirect=True)
def test_a_contract_blocks_the_application_alone(site):
    releases(site, _2_legacy=LEGACY)
    plan = site.plan(check=6)
    assert site.codes(plan) == ["schema-breaks-old-code"]
    assert plan["databases"][0]["migrations"][0]["verdict"] == "contract"


def test_the_database_goes_back_first_and_is_restored(site):
    releases(site, _2_legacy=LEGACY, _3_channel=CHANNEL)
    plan = site.plan("--with-db")
    (database,) = plan["databases"]
    assert (database["action"], database["order"]) == ("reverse", "before-app")
    assert [row["id"] for row in database["migrations"]] == ["3", "2"]
    assert [step["part"] for step in plan["steps"]][:3] == ["database"] * 3
    done = site.execute(plan)
    assert (done["outcome"], done["exit"]) == ("done", 0), done
    assert site.applied() == ["1"]
    assert columns(site) == {"id", "legacy", "note"}
    assert site.answer() == (200, "v1.1")
    backup = Path(plan["run"]) / database["backup"]["path"]
    assert backup.stat().st_mode & 0o777 == 0o600 and backup.stat().st_size > 100
    assert any(str(database["backup"]["path"]) in line for line in done["open"])
    assert database["backup"]["path"] in (Path(plan["run"]) / "summary.md").read_text()
    assert "| db | shop |" in summary(plan) and "Undone commits" in summary(plan)
    back = site.restore(plan, check=None)
    assert back["outcome"] == "restored", back
    assert "Undone commits" not in summary(plan)
    assert site.applied() == ["1", "2", "3"]
    assert columns(site) == {"id", "note", "channel"}
    assert site.answer() == (500, "v1.2")


def test_what_the_list_prints_can_be_pasted(site):
    releases(site, _2_legacy=LEGACY)
    plan = site.plan("--with-db")
    script = Path(plan["run"]) / "rollback.sh"
    words = ["bash", str(script), "--list"]
    environment = {**os.environ, **site.environment, "PGPASSWORD": PASSWORD, "MYSQL_PWD": PASSWORD}
    listed = subprocess.run(words, env=environment, capture_output=True, text=True, check=True)
    subprocess.run(["bash", "-e"], input=listed.stdout, env=environment, text=True, check=True)
    assert (site.applied(), columns(site)) == (["1"], {"id", "legacy", "note"})
    end = time.monotonic() + 30
    while site.answer() != (200, "v1.1"):  # nothing waits for the restart here
        assert time.monotonic() < end, site.answer()
    backup = script.parent / plan["databases"][0]["backup"]["path"]
    assert backup.stat().st_mode & 0o777 == 0o600 and backup.stat().st_size > 100


@pytest.mark.parametrize("site", ["sqlite"], indirect=True)
def test_an_addition_goes_after_the_application(site):
    releases(site, _2_channel=CHANNEL)
    plan = site.plan("--with-db")
    assert plan["databases"][0]["order"] == "after-app"
    assert [step["part"] for step in plan["steps"]][-1] == "database"
    assert "database-order" in site.codes(plan, "note")
    assert site.execute(plan)["exit"] == 0
    assert (site.applied(), columns(site)) == (["1"], {"id", "legacy", "note"})


@pytest.mark.parametrize("site", ["sqlite"], indirect=True)
def test_an_irreversible_migration_in_the_chain_blocks_all_of_it(site):
    releases(site, _2_audit=EMPTY_DOWN, _3_channel=CHANNEL)
    plan = site.plan("--with-db", check=6)
    assert site.codes(plan) == ["irreversible-migration"]
    assert "migration 2 " in plan["findings"][0]["message"]
    assert site.applied() == ["1", "2", "3"]


@pytest.mark.parametrize("site", ["sqlite", "mysql"], indirect=True)
def test_a_column_that_the_rows_cannot_fill_blocks(site):
    down = "ALTER TABLE orders ADD COLUMN legacy TEXT NOT NULL;"
    releases(site, _2_legacy=(LEGACY[0], down))
    plan = site.plan("--with-db", check=6)
    assert "irreversible-migration" in site.codes(plan)
    assert "orders has rows" in str(plan["findings"])
    site.sql("DELETE FROM orders")
    assert "irreversible-migration" not in site.codes(site.plan("--with-db", check=None))


@pytest.mark.parametrize("site", ["sqlite"], indirect=True)
def test_a_migration_of_neither_release_blocks(site):
    releases(site, _2_channel=CHANNEL)
    site.sql("INSERT INTO schema_migrations VALUES ('77')")
    plan = site.plan("--with-db", check=6)
    assert site.codes(plan) == ["unknown-migration"]
    assert "77" in plan["findings"][0]["message"]
    assert "unknown-migration" in site.codes(site.plan(), "warning")


@pytest.mark.parametrize("site", ["sqlite"], indirect=True)
def test_a_migration_of_neither_release_may_be_the_one_that_the_table_lacks(site):
    releases(site, _2_legacy=LEGACY, _3_channel=CHANNEL)
    site.sql("UPDATE schema_migrations SET version = '77' WHERE version = '2'")
    plan = site.plan(check=6)
    assert site.codes(plan) == ["schema-breaks-old-code"]
    assert [row["id"] for row in plan["databases"][0]["migrations"]] == ["3", "2"]
    assert {"unknown-migration", "half-applied"} <= set(site.codes(plan, "warning"))


@pytest.mark.parametrize("site", ["sqlite"], indirect=True)
def test_only_what_is_applied_is_reversed(site):
    releases(site, _2_channel=CHANNEL, _3_refunds=REFUNDS)
    site.sql("DROP TABLE refunds; DELETE FROM schema_migrations WHERE version = '3'")
    plan = site.plan("--with-db")
    assert [row["id"] for row in plan["databases"][0]["migrations"]] == ["2"]
    assert "half-applied" in site.codes(plan, "warning")
    assert site.execute(plan)["exit"] == 0
    assert site.applied() == ["1"]


def test_another_database_is_no_proof_of_anything(site):
    releases(site, _2_legacy=LEGACY)
    site.sql("DELETE FROM schema_migrations")
    assert "wrong-database" in site.codes(site.plan("--with-db", check=6))
    alone = site.plan(check=6)
    assert site.codes(alone) == ["schema-breaks-old-code"]
    assert "wrong-database" in site.codes(alone, "warning")
    site.sql("DROP TABLE schema_migrations")
    assert "wrong-database" in site.codes(site.plan("--with-db", check=6))


@pytest.mark.parametrize("site", ["mysql"], indirect=True)
def test_a_migration_applied_since_the_plan_stops_everything(site):
    releases(site, _2_channel=CHANNEL)
    plan = site.plan("--with-db")
    site.sql("INSERT INTO schema_migrations VALUES ('9')")
    assert site.execute(plan, check=10)["error"]["code"] == "drifted"
    assert site.applied() == ["1", "2", "9"]
    assert site.answer() == (500, "v1.2")


def test_another_file_of_the_same_name_is_another_database(tmp_path):
    file = tmp_path / "shop.db"
    site = DatabaseSite(tmp_path, f"sqlite:{file}", sqlite_runner(file))
    try:
        releases(site, _2_legacy=LEGACY)
        plan = site.plan("--with-db")
        shutil.copy(file, tmp_path / "copy.db")
        os.replace(tmp_path / "copy.db", file)
        site.execute(plan, check=10)
        assert site.applied() == ["1", "2"]
    finally:
        site.stop()


@pytest.mark.parametrize("site", ["sqlite", "postgresql"], indirect=True)
def test_a_down_that_fails_leaves_everything_as_it_was(site):
    bad = ("ALTER TABLE orders ADD COLUMN x TEXT;", "DROP TABLE orders; DROP TABLE nowhere;")
    releases(site, _2_legacy=LEGACY, _3_bad=bad)
    plan = site.plan("--with-db", "--accept-loss", "--accept-schema", "it fails on purpose")
    done = site.execute(plan, check=5)
    assert done["outcome"] == "failed", done
    assert site.applied() == ["1", "2", "3"]
    assert columns(site) == {"id", "note", "x"}
    assert site.answer() == (500, "v1.2")


@pytest.mark.parametrize("site", ["sqlite"], indirect=True)
def test_without_the_variable_it_is_said(site):
    releases(site, _2_legacy=LEGACY)
    del site.environment["SHOP_URL"]
    plan = site.plan("--with-db", check=6)
    assert "database-unreachable" in site.codes(plan)
    alone = site.plan(check=6)
    assert "database-unreachable" in site.codes(alone, "warning")
    assert site.codes(alone) == ["schema-breaks-old-code"]


@pytest.mark.parametrize(
    ("site", "kills"),
    [
        ("sqlite", (1, 3, 2, 2)),  # in the backup, then in a step each
        ("postgresql", (1,)),
        ("postgresql", (4,)),
        ("mysql", (4,)),
    ],
    indirect=["site"],
)
def test_a_killed_reversal_resumes(site, kills):
    """`kills`: each start is killed when the journal has so many more lines."""
    releases(site, _2_legacy=LEGACY, _3_channel=CHANNEL)
    plan = site.plan("--with-db")
    for lines in kills:
        kill_at(site, "execute", plan, lines)
    end = time.monotonic() + 30
    while (done := site.execute(plan, check=None))["exit"] == 9 and time.monotonic() < end:
        time.sleep(0.2)  # a pg_dump that was just started keeps the lock until it notices
    assert done["exit"] == 0, done
    assert (site.applied(), columns(site)) == (["1"], {"id", "legacy", "note"})
    assert site.answer() == (200, "v1.1")


def two_at_once(site: DatabaseSite, plan: Any) -> list[int]:
    runs = [site.start("execute", *site.approved(plan)) for _ in range(2)]
    for run in runs:
        run.communicate(timeout=120)
    return sorted(run.returncode for run in runs)


@pytest.mark.parametrize("site", ["sqlite"], indirect=True)
def test_of_two_at_once_one_is_turned_away(site):
    releases(site, _2_legacy=LEGACY)
    assert two_at_once(site, site.plan("--with-db")) in ([0, 9], [0, 0])
    assert (site.applied(), columns(site)) == (["1"], {"id", "legacy", "note"})


# ---- PostgreSQL alone ---------------------------------------------------------------------


@pytest.fixture
def shop(server: Server, tmp_path: Path) -> Iterator[DatabaseSite]:
    server.create("shop")
    made = DatabaseSite(
        tmp_path, server.url("shop"), lambda text: server.sql(f"SET ROLE shop; {text}", "shop")
    )
    yield made
    made.stop()


def test_a_cut_backup_stops_it_before_any_change(shop):
    releases(shop, _2_legacy=LEGACY)
    cut = 'f=${!#}; "$REAL" "$@" && truncate -s 55% "$f" 2>/dev/null || '
    program(shop, "pg_dump", cut + '{ s=$(stat -c %s "$f"); truncate -s $((s / 2)) "$f"; }')
    plan = shop.plan("--with-db")
    done = shop.execute(plan, check=5)
    assert done["outcome"] == "failed", done
    assert (shop.applied(), columns(shop)) == (["1", "2"], {"id", "note"})
    assert shop.answer() == (500, "v1.2")
    assert not list((Path(plan["run"]) / "backup").glob("*.dump"))


def test_a_lock_that_is_held_makes_it_fail_fast(shop, server):
    releases(shop, _2_legacy=LEGACY)
    plan = shop.plan("--with-db")
    words = ["psql", "-X", "-q", "-h", str(server.folder), "-U", "postgres", "-d", "shop"]
    holder = subprocess.Popen(
        [*words, "-c", "BEGIN; LOCK TABLE orders IN ACCESS SHARE MODE; SELECT pg_sleep(60);"],
        stdout=subprocess.DEVNULL,
    )
    time.sleep(0.5)
    began = time.monotonic()
    try:
        done = shop.execute(plan, check=5)
    finally:
        server.sql("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE mode = 'AccessShareLock'"
                   " AND relation = 'orders'::regclass AND pid <> pg_backend_pid()", "shop")  # fmt: skip
        holder.wait()
    assert time.monotonic() - began < 30
    assert "lock timeout" in (Path(plan["run"]) / "rollback.log").read_text()
    assert (shop.applied(), done["outcome"]) == (["1", "2"], "failed")
    shop.sql("INSERT INTO orders (id, note) VALUES (3, 'written since')")
    assert shop.execute(plan)["exit"] == 0, "once the lock is gone, it goes on"
    assert shop.applied() == ["1"]
    backup = Path(plan["run"]) / plan["databases"][0]["backup"]["path"]
    words = ["pg_restore", "--data-only", "--table=orders", "--file=-", str(backup)]
    data = subprocess.run(words, capture_output=True, text=True, check=True).stdout
    assert "written since" in data, "nothing had changed, so the backup was made again"


def test_a_wrong_password_is_said_and_never_shown(shop, server):
    password = "wrong-password"
    releases(shop, _2_legacy=LEGACY)
    shop.environment["SHOP_URL"] = server.url("shop", password)
    plan = shop.plan("--with-db", check=6)
    assert shop.codes(plan)[0] == "database-unreachable"
    assert "SHOP_URL" in plan["findings"][0]["fix"]
    assert password not in str(plan)
    assert secrets_in(shop.project, password) == []


def test_no_password_is_written_or_shown(shop):
    releases(shop, _2_legacy=LEGACY)
    plan = shop.plan("--with-db")
    done = shop.execute(plan)
    back = shop.restore(plan, check=None)
    encoded = shop.environment["SHOP_URL"].split(":")[2].split("@")[0]
    assert secrets_in(shop.project, PASSWORD, encoded) == []
    assert PASSWORD not in f"{plan}{done}{back}" and encoded not in f"{plan}{done}{back}"


def test_commands_of_psql_in_a_migration_are_not_run(shop):
    bad = ("ALTER TABLE orders ADD COLUMN x TEXT;", "\\! touch pwned\nALTER TABLE orders DROP x;")
    releases(shop, _2_bad=bad)
    plan = shop.plan("--with-db", "--accept-loss", check=None)
    if plan["exit"] == 0:
        shop.execute(plan, check=5)
    assert not list(shop.project.parent.rglob("pwned"))
    assert shop.applied() == ["1", "2"]
