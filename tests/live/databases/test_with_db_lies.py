"""Downs that do not lead back to the schema of the older release."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import Server
from database_site import LEGACY, DatabaseSite

STOCK = (
    "CREATE TABLE orders (id INTEGER PRIMARY KEY, legacy TEXT, note VARCHAR(20) DEFAULT 'x');"
    "CREATE INDEX orders_note ON orders (note); CREATE TABLE stock (id INTEGER);",
    "DROP TABLE stock; DROP TABLE orders;",
)
TWO = "ALTER TABLE orders ADD COLUMN a TEXT; ALTER TABLE orders ADD COLUMN b TEXT;"
LIES = {
    "honest": (*LEGACY, ""),
    "table": ("CREATE TABLE refunds (id INTEGER);", "DROP TABLE stock;", "refunds is still there"),
    "one": (TWO, "ALTER TABLE orders DROP COLUMN a;", "column orders.b is still there"),
    "type": (LEGACY[0], "ALTER TABLE orders ADD COLUMN legacy INTEGER;", "is integer, not text"),
    "default": (LEGACY[0], f"{LEGACY[1][:-1]} DEFAULT 'y';", "DEFAULT 'y'"),
    "index": (
        LEGACY[0],
        f"{LEGACY[1]} DROP INDEX orders_note;",
        "index orders_note is missing",
    ),
    "broken": (LEGACY[0], "DROP TABLE nowhere;", "fails there"),
}


def lying(site: DatabaseSite, lie: str, **database: str) -> None:
    site.release("v1.0", 20, _1_stock=STOCK)
    site.release("v1.1", 9)
    up, down, _ = LIES[lie]
    site.release("v1.2", 2, broken=True, **{f"_2_{lie}": (up, down)})
    site.configure(**database)
    site.serve()


@pytest.mark.parametrize("site", ["sqlite"], indirect=True)
@pytest.mark.parametrize("lie", [lie for lie in LIES if lie != "honest"])
def test_a_down_that_leads_elsewhere_blocks(site, lie):
    lying(site, lie)
    plan = site.plan("--with-db", "--accept-loss", check=6)
    assert site.codes(plan) == ["reversal-differs"]
    assert LIES[lie][2] in plan["findings"][0]["message"]


@pytest.mark.parametrize("site", ["sqlite"], indirect=True)
def test_a_difference_that_somebody_accepts_is_a_warning(site):
    lying(site, "index")
    plan = site.plan("--with-db", "--accept-schema", "nobody sorts by it")
    assert "reversal-differs" in site.codes(plan, "warning")
    assert site.execute(plan)["exit"] == 0
    assert site.applied() == ["1"]


@pytest.mark.parametrize("site", ["sqlite"], indirect=True)
def test_a_default_that_not_null_needs_is_a_warning(site):
    site.release("v1.0", 20, _1_orders=("CREATE TABLE orders (id INTEGER, sum INT NOT NULL);", ""))
    site.release("v1.1", 9)
    site.sql("INSERT INTO orders VALUES (1, 2) RETURNING 1")
    up = "ALTER TABLE orders DROP COLUMN sum;"
    down = "ALTER TABLE orders ADD COLUMN sum INT NOT NULL DEFAULT 0;"
    site.release("v1.2", 2, broken=True, _2_sum=(up, down))
    site.configure()
    site.serve()
    plan = site.plan("--with-db")
    assert "reversal-differs" in site.codes(plan, "warning")
    assert site.execute(plan)["exit"] == 0
    assert (site.applied(), site.answer()) == (["1"], (200, "v1.1"))


@pytest.mark.parametrize("site", ["sqlite", "postgresql"], indirect=True)
def test_a_schema_that_is_another_one_by_then_takes_the_down_back_and_the_up_of_a_restore(
    site, request
):
    if "postgres" in site.environment["SHOP_URL"]:
        scratch = request.getfixturevalue("scratch_server")
        site.environment["SCRATCH_URL"] = scratch.url("scratch")
    lying(site, "honest", scratch="SCRATCH_URL")
    plan = site.plan("--with-db")
    assert not {"schema-unproven", "schema-drift"} & {row["code"] for row in plan["findings"]}
    site.sql("DROP INDEX orders_note; SELECT 1")
    assert site.execute(plan, check=5)["outcome"] == "failed"
    assert "orders_note is missing" in (Path(plan["run"]) / "rollback.log").read_text()
    assert (site.applied(), site.answer()) == (["1", "2"], (500, "v1.2"))
    site.sql("CREATE INDEX orders_note ON orders (note); SELECT 1")
    assert site.execute(plan)["exit"] == 0
    assert (site.applied(), site.answer()) == (["1"], (200, "v1.1"))
    site.sql("DROP INDEX orders_note; SELECT 1")
    assert site.restore(plan, check=5)["outcome"] == "partial"
    assert "orders_note is missing" in (Path(plan["run"]) / "rollback.log").read_text()
    assert site.applied() == ["1"]
    site.sql("CREATE INDEX orders_note ON orders (note); SELECT 1")
    assert site.restore(plan, check=None)["outcome"] == "restored"
    assert (site.applied(), site.answer()) == (["1", "2"], (500, "v1.2"))


@pytest.fixture
def shop(server: Server, scratch_server: Server, tmp_path: Path):
    server.create("shop")
    made = DatabaseSite(
        tmp_path, server.url("shop"), lambda text: server.sql(f"SET ROLE shop; {text}", "shop")
    )
    made.environment["SCRATCH_URL"] = scratch_server.url("scratch")
    yield made
    made.stop()


def test_postgresql_needs_an_empty_database_on_another_server_to_see_it(
    shop, server, scratch_server
):
    lying(shop, "index")
    unproven = shop.plan("--with-db")
    assert "schema-unproven" in shop.codes(unproven, "note")
    shop.configure(scratch="SCRATCH_URL")
    plan = shop.plan("--with-db", check=6)
    assert shop.codes(plan) == ["reversal-differs"]
    assert "index public.orders_note is missing" in plan["findings"][0]["message"]
    left = scratch_server.sql("SELECT count(*) FROM pg_class WHERE relname = 'orders'", "scratch")
    assert left == "0"
    server.create("scratch")
    wrong = {"SHOP_URL": "is rolled back", "NEAR_URL": "server of", "FULL_URL": "not empty"}
    shop.environment["NEAR_URL"] = server.url("scratch")
    scratch_server.create("others")
    scratch_server.sql("CREATE TABLE others (id int)", "others")
    shop.environment["FULL_URL"] = scratch_server.url("others")
    for variable, why in wrong.items():
        shop.configure(scratch=variable)
        plan = shop.plan("--with-db", check=6)
        assert shop.codes(plan) == ["wrong-scratch"]
        assert why in plan["findings"][0]["message"]


def test_what_no_transaction_takes_back_is_not_tried(shop, scratch_server):
    evil = (LEGACY[0], f"{LEGACY[1]} COPY (SELECT 1) TO PROGRAM 'cat >/dev/null';")
    shop.release("v1.0", 20, _1_stock=STOCK)
    shop.release("v1.1", 9)
    shop.release("v1.2", 2, broken=True, _2_evil=evil)
    shop.configure(scratch="SCRATCH_URL")
    shop.serve()
    plan = shop.plan("--with-db", "--accept-loss")
    (why,) = [row["message"] for row in plan["findings"] if row["code"] == "schema-unproven"]
    assert "COPY with a program" in why


@pytest.mark.parametrize("site", ["mysql"], indirect=True)
def test_mysql_is_not_tried_and_the_plan_says_so(site):
    lying(site, "type", scratch="SHOP_URL")
    plan = site.plan("--with-db")
    (why,) = [row["message"] for row in plan["findings"] if row["code"] == "schema-unproven"]
    assert why.startswith("no rehearsal is built for MySQL")
