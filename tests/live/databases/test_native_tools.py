"""Each tool reverses its own migrations, in the release folder that is left."""

from __future__ import annotations

import functools
import sqlite3
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import Server
from database_site import SqliteStore, sqlite_runner
from laravel_shop import LARAVEL
from mariadb_server import MariaDB
from native_site import TOOLS as BED
from native_site import NativeSite
from native_tools import TOOLS as OTHERS
from native_tools import Tool

TOOLS = [*OTHERS, LARAVEL]


@functools.cache
def has_rails() -> bool:
    words = ("ruby", "-e", "require 'rails'; require 'pg'; require 'sqlite3'")
    try:
        return subprocess.run(words, capture_output=True).returncode == 0
    except FileNotFoundError:
        return False


class ToolSite(NativeSite):
    tool: Tool
    number = 0

    def add(self, *kinds: str) -> list[str]:
        """Write migrations and return their ids."""
        added = []
        for kind in kinds:
            self.number += 1
            self.put(*self.tool.migration(self.number, kind))
            added.append(self.tool.id(self.number, kind))
        return added

    def deploy(self, version: str, days: float, broken: bool = False) -> Path:
        return self.release(version, days, *self.tool.run, *self.tool.migrate, broken=broken)

    def applied(self) -> set[str]:
        mysql = self.url.startswith("mysql")
        query = self.tool.applied.replace('"', "`") if mysql else self.tool.applied
        return set(self.sql(query).split())

    def columns(self) -> set[str]:
        try:
            query = "SELECT column_name FROM information_schema.columns WHERE table_name = 'orders'"
            return set(self.sql(query).split())
        except sqlite3.OperationalError:
            return set(self.sql("SELECT name FROM pragma_table_info('orders')").split())


def named(row: tuple[Tool, str]) -> str:
    tool, engine = row
    return f"{tool.name}-{engine}"


# what is read from the files, and how a tool fails, does not depend on the engine;
# there a tool goes back on its first engine, and in the other test on the rest of them
ONE_ENGINE = pytest.mark.parametrize(
    "site", [(tool, tool.engines[0]) for tool in TOOLS], indirect=True, ids=named
)


@pytest.fixture
def site(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[ToolSite]:
    tool, engine = request.param
    php = Path("/usr/share/php/Illuminate/Foundation")
    if not (BED / "python/bin/alembic").exists() or not has_rails() or not php.exists():
        pytest.skip("needs tests/live/beds/migration_tools.sh install")
    if engine == "sqlite":
        file = tmp_path / "shop.db"
        sqlite3.connect(file).close()
        made = ToolSite(tmp_path, f"sqlite:{file}", sqlite_runner(file))
        made.store = SqliteStore(file)
    elif engine == "mysql":
        mariadb: MariaDB = request.getfixturevalue("mariadb")
        mariadb.create("shop")
        made = ToolSite(tmp_path, mariadb.url("shop"), mariadb.runner("shop"))
        made.store = mariadb
    else:
        server: Server = request.getfixturevalue("server")
        server.create("shop")
        made = ToolSite(
            tmp_path, server.url("shop"), lambda text: server.sql(f"SET ROLE shop; {text}", "shop")
        )
        made.store = server
    made.tool = tool
    for path, text in tool.files.items():
        made.put(path, text)
    made.add("orders")
    made.first_release("v1.0", 20, *tool.run, *tool.migrate)
    made.release("v1.1", 9)
    made.sql("INSERT INTO orders (legacy, note) VALUES ('a', 'x'), ('b', 'y'); SELECT 1")
    made.configure(tool=tool.name, run=list(tool.run))
    yield made
    made.stop()


@pytest.mark.parametrize(
    "site",
    [(tool, engine) for tool in TOOLS for engine in tool.engines[1:] or tool.engines],
    indirect=True,
    ids=named,
)
def test_it_goes_back_and_forward_again(site):
    first = site.applied()
    new = site.add("channel", "legacy")
    site.deploy("v1.2", 2, broken=True)
    site.serve()
    newest = site.applied()
    assert site.columns() == {"id", "note", "channel"}
    plan = site.plan("--with-db")
    (database,) = plan["databases"]
    assert (database["action"], database["order"]) == ("reverse", "before-app")
    assert [row["id"] for row in database["migrations"]] == new[::-1]
    done = site.execute(plan)
    assert (done["outcome"], done["exit"]) == ("done", 0), done
    assert (site.applied(), site.columns()) == (first, {"id", "legacy", "note"})
    assert site.answer() == (200, "v1.1")
    back = site.restore(plan, check=None)
    assert back["outcome"] == "restored", back
    assert (site.applied(), site.columns()) == (newest, {"id", "note", "channel"})
    assert site.answer() == (500, "v1.2")


@ONE_ENGINE
def test_an_addition_goes_last_and_a_tool_that_fails_or_does_nothing_fails_the_step(site):
    """The loss is counted. Whatever the tool says: the database is read back."""
    first = site.applied()
    site.add("channel")
    folder = site.deploy("v1.2", 2, broken=True)
    site.serve()
    newest = site.applied()
    site.sql("UPDATE orders SET channel = 'web' WHERE legacy = 'a'; SELECT 1")
    plan = site.plan("--with-db", check=6)
    assert site.codes(plan) == ["loses-data"]
    assert "orders.channel: 1 values" in plan["findings"][0]["message"]
    accepted = site.plan("--with-db", "--accept-loss")
    assert accepted["databases"][0]["order"] == "after-app"
    file = folder / site.tool.migration(site.number, "channel")[0]
    file.rename(folder / "gone")
    done = site.execute(accepted, check=5)
    assert done["outcome"] in ("failed", "partial"), done
    assert (site.applied(), site.columns()) == (newest, {"id", "legacy", "note", "channel"})
    (folder / "gone").rename(file)
    assert site.execute(accepted)["exit"] == 0
    assert (site.applied(), site.columns()) == (first, {"id", "legacy", "note"})


AGAIN = """exports.up = async (knex) => {
  await knex.schema.alterTable("orders", (t) => { t.dropColumn("note"); });
  await knex.schema.alterTable("orders", (t) => { t.integer("note"); });
};
exports.down = async (knex) => {
  await knex.schema.alterTable("orders", (t) => { t.dropColumn("note"); });
  await knex.schema.alterTable("orders", (t) => { t.string("note"); });
};
"""
KNEX = next(tool for tool in TOOLS if tool.name == "knex")


@pytest.mark.parametrize("site", [(KNEX, "postgresql")], indirect=True, ids=named)
def test_a_column_that_is_dropped_and_made_again_goes_back(site):
    first = site.applied()
    site.put(site.tool.migration(2, "channel")[0], AGAIN)
    site.deploy("v1.2", 2, broken=True)
    site.serve()
    query = "SELECT data_type FROM information_schema.columns WHERE column_name = 'note'"
    assert site.sql(query) == "integer"
    plan = site.plan("--with-db", "--accept-loss")
    assert site.execute(plan)["exit"] == 0
    assert (site.applied(), site.sql(query)) == (first, "character varying")
    assert site.restore(plan, check=None)["outcome"] == "restored"
    assert site.sql(query) == "integer"


@pytest.mark.parametrize("site", [(LARAVEL, "sqlite")], indirect=True, ids=named)
def test_rows_of_a_package_of_laravel_stay_and_keep_nothing_away(site):
    (channel,) = site.add("channel")
    site.deploy("v1.2", 2, broken=True)
    site.serve()
    site.sql("INSERT INTO migrations (id, migration, batch) VALUES (0, '2019_tokens', 1); SELECT 1")
    plan = site.plan("--with-db", "--accept-loss")
    assert "unknown-migration" in site.codes(plan, "note")
    assert site.execute(plan)["exit"] == 0
    assert "2019_tokens" in site.applied() and channel not in site.applied()


@ONE_ENGINE
def test_a_migration_that_cannot_go_back_blocks_all_of_the_chain(site):
    """And an empty down is no down."""
    site.add("channel", "one_way", "empty", "legacy")
    site.deploy("v1.2", 2, broken=True)
    newest = site.applied()
    plan = site.plan("--with-db", check=6)
    rows = [row for row in plan["findings"] if row["code"] == "irreversible-migration"]
    empty, one_way = (row["message"] for row in rows)
    assert site.tool.refusal in one_way and "its down is empty" in empty, rows
    assert (site.applied(), site.columns()) == (newest, {"id", "note", "channel"})
