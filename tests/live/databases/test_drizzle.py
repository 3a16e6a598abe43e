"""Drizzle Kit has no downs: they are computed from its snapshots, or written by a person."""

from __future__ import annotations

import json
import sqlite3
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import PASSWORD, Server
from database_site import secrets_in, sqlite_runner
from drizzle_shop import DrizzleShop
from native_site import TOOLS

from rollback.migrations.drizzle.computed import COMPUTED

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
        made.store = server
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


HIDDEN = {
    "a rename": "RENAME COLUMN note TO remark;",
    "a NOT NULL": "ALTER COLUMN note SET NOT NULL;",
}


@pytest.mark.parametrize("case", HIDDEN)
def test_what_the_snapshots_do_not_show_blocks_until_a_down_is_written(site, case):
    site.schema("note")
    site.generate("legacy")
    custom = site.generate("custom", "--custom")
    name = custom.partition(" ")[0]
    site.put(f"drizzle/{name}.sql", f"ALTER TABLE orders {HIDDEN[case]}")
    site.deploy("v1.2", 2, broken=True)
    newest = state(site)
    plan = site.plan("--with-db", check=6)
    (finding,) = [it for it in plan["findings"] if it["code"] == "irreversible-migration"]
    assert f"migration {custom} cannot be reversed" in finding["message"]
    assert f"beside it: {name}.down.sql" in finding["message"]
    assert state(site) == newest


MORE = """\
const kind = exports.kind = core.pgEnum("kind", ["x", "y"]);
const channels = exports.channels = table("channels", {
  id: core.serial("id").primaryKey(), parent: core.integer("parent").references(() => channels.id) });
"""
KEY = 'channel: core.integer("channel").references(() => channels.id)'
SHAPE = """SELECT (SELECT string_agg(column_name || ' ' || data_type, ', ' ORDER BY column_name)
  FROM information_schema.columns WHERE table_name = 'orders') || '; ' ||
  (SELECT count(*) FROM pg_constraint WHERE contype = 'f') || ' keys; ' ||
  (SELECT count(*) FROM pg_type WHERE typname = 'kind') || ' enums'"""


def test_a_new_table_with_keys_and_a_new_enum_go_back_in_an_order_that_runs(site):
    older = site.sql(SHAPE)
    site.schema("legacy", 'note: kind("note")', KEY, first=MORE)
    site.generate("channels")
    seed = site.generate("seed", "--custom").partition(" ")[0]
    rows = "INSERT INTO channels DEFAULT VALUES"  # only a mark ends it
    site.put(f"drizzle/{seed}.sql", f"{rows}\n--> statement-breakpoint\n{rows}")
    site.deploy("v1.2", 2, broken=True)
    site.serve()
    newer = site.sql(SHAPE)
    assert newer.endswith("2 keys; 1 enums")
    plan = site.plan("--with-db", "--accept-loss")
    script = next((Path(plan["run"]) / "state").rglob("*.down.sql")).read_text()
    assert 'DROP TABLE "channels"' in script and "CASCADE" not in script
    assert site.execute(plan)["exit"] == 0
    assert site.sql(SHAPE) == older
    assert site.restore(plan, check=None)["outcome"] == "restored"
    assert (site.sql(SHAPE), site.sql("SELECT count(*) FROM channels")) == (newer, "2")


EMPTY = ("tables", "enums", "schemas", "sequences", "roles", "policies", "views")


@pytest.mark.skipif(not (TOOLS / "drizzle").exists(), reason="needs beds/migration_tools.sh")
def test_snapshots_that_no_pipe_holds_at_once_are_read_whole():
    older = {"version": "7", "dialect": "postgresql", "id": "x" * 1_000_000, "prevId": ""}
    older |= {"_meta": {"columns": {}, "schemas": {}, "tables": {}}, **{it: {} for it in EMPTY}}
    kind = {"name": "kind", "schema": "public", "values": ["x"]}
    newer = {**older, "enums": {"public.kind": kind}}
    done = subprocess.run(
        COMPUTED.command,
        cwd=TOOLS / "drizzle",
        input=json.dumps({"new": newer, "old": older}),
        capture_output=True,
        text=True,
    )
    assert done.stdout == 'DROP TYPE "public"."kind";\n', done.stderr


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
