"""Databases of components, half reversed ones, and machines that are no place for a backup."""

from __future__ import annotations

import contextlib
import json
import sqlite3
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import Server
from database_site import CHANNEL, LEGACY, ORDERS, DatabaseSite, sqlite_runner
from folders_site import kill_at


@pytest.fixture
def site(tmp_path: Path) -> Iterator[DatabaseSite]:
    file = tmp_path / "shop.db"
    made = DatabaseSite(tmp_path, f"sqlite:{file}", sqlite_runner(file))
    made.release("v1.0", 20, _1_orders=ORDERS)
    made.release("v1.1", 9)
    made.release("v1.2", 2, broken=True, _2_legacy=LEGACY, _3_channel=CHANNEL)
    made.configure()
    made.serve()
    yield made
    made.stop()


def test_the_database_of_a_component_is_named_after_it(site):
    facts = {"name": "web", "database": {"url": "SHOP_URL"}}
    folders = {"release-folders": {"path": str(site.files)}}
    text = {"protected": False, "unattended": True, "components": [{**facts, **folders}]}
    file = site.project / ".claude" / "deployment-rollback.yml"
    file.write_text(json.dumps({"environments": {"staging": text}}))
    site.git("commit", "-qam", "components")
    plan = site.plan("--with-db")
    ids = [(row["id"], row["part"]) for row in plan["components"]]
    assert ids == [("db-backup", "database"), ("web-db", "database"), ("web", "app")]
    assert site.execute(plan, check=11)["outcome"] == "done"
    assert site.applied() == ["1"]


@pytest.mark.parametrize("lines", [3, 4, 5])
def test_a_reversal_that_was_killed_half_way_can_be_restored(site, lines):
    plan = site.plan("--with-db")
    kill_at(site, "execute", plan, lines)
    assert site.plan(check=6)["findings"][0]["code"] == "unfinished-run"
    assert site.restore(plan, check=None)["outcome"] == "restored"
    assert site.applied() == ["1", "2", "3"]
    assert site.answer() == (500, "v1.2")


def test_a_folder_that_is_too_small_is_no_place_for_a_backup(site, tmp_path):
    small = tmp_path / "small"
    small.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4k", "tmpfs", small])
    if mounted.returncode:
        pytest.skip("needs the right to mount a file system")
    try:
        site.configure(backup={"directory": str(small)})
        plan = site.plan("--with-db", check=6)
    finally:
        subprocess.run(["umount", small], check=True)
    assert site.codes(plan) == ["no-backup"]
    assert "free" in plan["findings"][0]["message"]


def test_a_backup_goes_where_the_settings_say(site, tmp_path):
    (tmp_path / "backups").mkdir()
    site.configure(backup={"directory": str(tmp_path / "backups")})
    site.execute(site.plan("--with-db"))
    (file,) = (tmp_path / "backups").iterdir()
    assert file.stat().st_mode & 0o777 == 0o600
    kept = sqlite_runner(file)("SELECT version FROM schema_migrations ORDER BY version")
    assert kept.split() == ["1", "2", "3"]


def test_hostile_names_of_files_change_no_command(site):
    name = "_4_$(touch pwned)`x`'; touch pwned; '"
    up = "CREATE TABLE more (id INTEGER);"
    site.release("v1.3", 1, broken=True, **{name: (up, "DROP TABLE more;")})
    plan = site.plan("--with-db")
    assert [row["id"] for row in plan["databases"][0]["migrations"]] == ["4"]
    assert site.execute(plan, check=None)["exit"] in (0, 7)
    assert site.applied() == ["1", "2", "3"]
    assert not list(site.project.parent.rglob("pwned"))


def test_a_read_replica_is_refused(server: Server, tmp_path):
    server.create("shop")
    made = DatabaseSite(
        tmp_path, server.url("shop"), lambda text: server.sql(f"SET ROLE shop; {text}", "shop")
    )
    made.release("v1.0", 20, _1_orders=ORDERS)
    made.release("v1.1", 2, _2_legacy=LEGACY)
    made.settings(health=False, database={"url": "SHOP_URL"})
    with server.replica() as replica:
        made.environment["SHOP_URL"] = replica.url("shop")
        plan = made.plan("--with-db", check=6)
    assert "read-replica" in made.codes(plan)


def test_a_database_that_is_set_to_read_only_is_refused(server: Server, tmp_path):
    server.create("shop")
    made = DatabaseSite(
        tmp_path, server.url("shop"), lambda text: server.sql(f"SET ROLE shop; {text}", "shop")
    )
    made.release("v1.0", 20, _1_orders=ORDERS)
    made.release("v1.1", 2, _2_legacy=LEGACY)
    made.settings(health=False, database={"url": "SHOP_URL"})
    server.sql("ALTER DATABASE shop SET default_transaction_read_only = on")
    assert "read-replica" in made.codes(made.plan("--with-db", check=6))


def test_a_file_on_a_read_only_disk_is_refused(tmp_path):
    folder = tmp_path / "disk"
    folder.mkdir()
    file = folder / "shop.db"
    made = DatabaseSite(tmp_path, f"sqlite:{file}", sqlite_runner(file))
    made.release("v1.0", 20, _1_orders=ORDERS)
    made.release("v1.1", 2, _2_legacy=LEGACY)
    made.settings(health=False, database={"url": "SHOP_URL"})
    subprocess.run(["mount", "--bind", folder, folder], check=True)
    try:
        subprocess.run(["mount", "-o", "remount,ro,bind", folder], check=True)
        assert "read-replica" in made.codes(made.plan("--with-db", check=6))
    finally:
        subprocess.run(["umount", folder], check=True)


def test_the_tools_table_may_lie_in_a_schema_of_its_own(server: Server, tmp_path):
    server.create("shop")
    server.sql(
        "CREATE SCHEMA meta AUTHORIZATION shop; CREATE SCHEMA sales AUTHORIZATION shop", "shop"
    )
    made = DatabaseSite(
        tmp_path,
        f"{server.url('shop')}?search_path=sales,public",
        lambda text: server.sql(f"SET ROLE shop; SET search_path = sales, meta; {text}", "shop"),
    )
    made.sql("ALTER TABLE schema_migrations SET SCHEMA meta")
    made.release("v1.0", 20, _1_orders=ORDERS)
    made.release("v1.1", 2, _2_legacy=LEGACY)
    made.settings(health=False, database={"url": "SHOP_URL", "schema": "meta"})
    made.execute(made.plan("--with-db"), check=11)
    assert made.applied() == ["1"]
    assert made.sql("SELECT legacy FROM sales.orders") == ""


def bills(site: DatabaseSite) -> None:
    """A second folder of migrations that are kept in the same table."""
    folder = site.project / "billing" / "migrations"
    folder.mkdir(parents=True)
    text = "-- migrate:up\nCREATE TABLE bills (id INTEGER);\n-- migrate:down\nDROP TABLE bills;\n"
    (folder / "5_bills.sql").write_text(text)
    site.git("add", "-A", "billing")
    site.sql("CREATE TABLE bills (id INTEGER); INSERT INTO schema_migrations VALUES ('5')")


MORE = ("CREATE TABLE more (id INTEGER);", "DROP TABLE more;")


def test_another_folder_of_the_same_tool_is_known(site):
    bills(site)
    site.release("v1.3", 1.5)
    site.release("v1.4", 1, broken=True, _6_more=MORE)
    plan = site.plan("--with-db")
    assert [row["id"] for row in plan["databases"][0]["migrations"]] == ["6"]
    assert site.execute(plan, check=None)["exit"] in (0, 7)
    assert site.applied() == ["1", "2", "3", "5"]


def test_two_folders_of_one_release_go_back_together(site):
    bills(site)
    site.release("v1.3", 1, broken=True, _4_more=MORE)
    plan = site.plan("--with-db")
    assert [row["id"] for database in plan["databases"] for row in database["migrations"]] == [
        "5",
        "4",
    ]
    assert site.execute(plan, check=7)["outcome"] == "done", "v1.2 answers 500 as well"
    assert site.applied() == ["1", "2", "3"]
    assert site.restore(plan, check=None)["outcome"] == "restored"
    assert site.applied() == ["1", "2", "3", "4", "5"]


def test_what_one_folder_dropped_is_in_a_backup_after_a_later_start(site):
    """The other folder's reversal has changed nothing yet, so its own backup is made again."""
    bills(site)
    drops = ("ALTER TABLE orders DROP COLUMN note;", "ALTER TABLE orders ADD COLUMN note TEXT;")
    site.release("v1.3", 1, broken=True, _4_more=(MORE[0] + drops[0], MORE[1] + drops[1]))
    site.sql("INSERT INTO more VALUES (1)")
    plan = site.plan("--with-db", "--accept-loss", "--accept-schema", "its order of columns")
    kill_at(site, "execute", plan, 6)
    assert site.applied() == ["1", "2", "3", "5"]
    assert site.execute(plan, check=7)["outcome"] == "done", "v1.2 answers 500 as well"
    files = [Path(plan["run"], database["backup"]["path"]) for database in plan["databases"]]
    assert sorted(map(kept, files)) == [0, 1]


def kept(file: Path) -> int:
    """The tables `more` in a backup."""
    with contextlib.closing(sqlite3.connect(file)) as backup:
        query = "SELECT count(*) FROM sqlite_master WHERE name = 'more'"
        return int(backup.execute(query).fetchone()[0])
