"""The tables and files of other tools whose migrations are SQL: one release back and forward again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from database_site import DatabaseSite, sqlite_runner

ORDERS = "CREATE TABLE orders (id INTEGER PRIMARY KEY, legacy TEXT);"
UP, DOWN = "ALTER TABLE orders DROP COLUMN legacy;", "ALTER TABLE orders ADD COLUMN legacy TEXT;"
GOOSE = "-- +goose Up\n{}\n-- +goose Down\n{}\n"


@dataclass(frozen=True)
class Tool:
    """The files of both releases, the tool's table with what it writes per release, its query."""

    name: str
    first: dict[str, str]
    second: dict[str, str]
    table: str
    apply: tuple[str, str]
    rows: str


FLYWAY_TABLE = """CREATE TABLE flyway_schema_history (installed_rank INTEGER NOT NULL PRIMARY KEY,
 version VARCHAR(50), description VARCHAR(200) NOT NULL, type VARCHAR(20) NOT NULL,
 script VARCHAR(1000) NOT NULL, checksum INTEGER, installed_by VARCHAR(100) NOT NULL,
 installed_on TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP, execution_time INTEGER NOT NULL,
 success BOOLEAN NOT NULL);"""
TOOLS = [
    Tool(
        "goose",
        {"00001_orders.sql": GOOSE.format(ORDERS, "DROP TABLE orders;")},
        {"00002_legacy.sql": GOOSE.format(UP, DOWN)},
        """CREATE TABLE goose_db_version (id INTEGER PRIMARY KEY, version_id BIGINT NOT NULL,
 is_applied BOOLEAN NOT NULL, tstamp TIMESTAMP DEFAULT CURRENT_TIMESTAMP);
 INSERT INTO goose_db_version (id, version_id, is_applied) VALUES (1, 0, TRUE);""",
        (
            "INSERT INTO goose_db_version (id, version_id, is_applied) VALUES (2, 1, TRUE);",
            "INSERT INTO goose_db_version (id, version_id, is_applied) VALUES (3, 2, TRUE);",
        ),
        "SELECT id, version_id, is_applied, tstamp FROM goose_db_version ORDER BY id",
    ),
    Tool(
        "golang-migrate",
        {"0001_orders.up.sql": ORDERS, "0001_orders.down.sql": "DROP TABLE orders;"},
        {
            "0002_legacy.up.sql": f"BEGIN;\n{UP}\nCOMMIT;",
            "0002_legacy.down.sql": f"BEGIN;\n{DOWN}\nCOMMIT;\n",
        },
        "CREATE TABLE schema_migrations (version BIGINT NOT NULL PRIMARY KEY, dirty BOOLEAN NOT NULL);",
        (
            "INSERT INTO schema_migrations VALUES (1, FALSE);",
            "UPDATE schema_migrations SET version = 2;",
        ),
        "SELECT version, dirty FROM schema_migrations",
    ),
    Tool(
        "flyway",
        {"V1__orders.sql": ORDERS},
        {"V2__legacy.sql": UP, "undo/U2__legacy.sql": DOWN},
        FLYWAY_TABLE,
        (
            "INSERT INTO flyway_schema_history VALUES (1, '1', 'orders', 'SQL', 'V1__orders.sql',"
            " 11, 'ana', '2026-11-01 10:00:00', 5, TRUE);",
            "INSERT INTO flyway_schema_history VALUES (2, '2', 'legacy', 'SQL', 'V2__legacy.sql',"
            " -22, 'ana', '2026-11-02 10:00:00', 6, TRUE);",
        ),
        "SELECT * FROM flyway_schema_history ORDER BY installed_rank",
    ),
    Tool(
        "sql-folders",
        {"0001_orders.up.sql": ORDERS, "0001_orders.down.sql": "DROP TABLE orders;"},
        {"0002_legacy.up.sql": UP, "0002_legacy.down.sql": DOWN},
        "CREATE TABLE schema_migrations (version VARCHAR(20) PRIMARY KEY);",
        (
            "INSERT INTO schema_migrations VALUES ('0001');",
            "INSERT INTO schema_migrations VALUES ('0002');",
        ),
        "SELECT version FROM schema_migrations ORDER BY version",
    ),
]


@pytest.fixture(params=["sqlite", "postgresql", "mysql"])
def sql(request, tmp_path: Path) -> Iterator[tuple[str, Callable[[str], str]]]:
    if request.param == "sqlite":
        yield f"sqlite:{tmp_path / 'shop.db'}", sqlite_runner(tmp_path / "shop.db")
    elif request.param == "mysql":
        mariadb = request.getfixturevalue("mariadb")
        mariadb.create("shop")
        yield mariadb.url("shop"), mariadb.runner("shop")
    else:
        server = request.getfixturevalue("server")
        server.create("shop")
        yield server.url("shop"), lambda text: server.sql(f"SET ROLE shop; {text}", "shop")


@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.name)
def test_one_release_back_and_forward_again(tool: Tool, sql, tmp_path):
    url, run = sql
    site = ToolSite(tmp_path, url, run, tool)
    site.deploy("v1.0", 9, tool.first)
    before = run(tool.rows)
    site.deploy("v1.1", 2, tool.second)
    newest = run(tool.rows)
    site.settings(health=False, database={"url": "SHOP_URL", "tool": tool.name})
    plan = site.plan("--with-db")
    (database,) = plan["databases"]
    assert (database["tool"], database["order"]) == (tool.name, "before-app")
    done = site.execute(plan, check=11)
    assert done["outcome"] in ("done", "partial"), done
    assert run(tool.rows) == before
    run("SELECT legacy FROM orders")
    assert site.restore(plan, check=11)["outcome"] == "restored"
    assert run(tool.rows) == newest, "the row is as the tool wrote it"
    with pytest.raises(Exception, match=r"legacy|exit status"):
        run("SELECT legacy FROM orders")


class ToolSite(DatabaseSite):
    def __init__(self, root: Path, url: str, run: Callable[[str], str], tool: Tool) -> None:
        super().__init__(root, url, lambda text: "")
        self.tool, self.run = tool, run
        self.left = list(tool.apply)
        run(tool.table)

    def deploy(self, version: str, days: float, files: dict[str, str]) -> None:
        folder = self.project / "db" / "migrations"
        for name, text in files.items():
            file = folder / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        (self.project / "go.mod").write_text(
            "module shop\nrequire github.com/golang-migrate/migrate/v4 v4.20.1\n"
            if self.tool.name == "golang-migrate"
            else "module shop\n"
        )
        self.git("add", "-A", "db", "go.mod")
        self.link(self.build(version, days))
        migration = next(text for name, text in files.items() if "down" not in name)
        up = ORDERS if "orders (" in migration else UP
        self.run(f"{up} {self.left.pop(0)}")
