"""A down that today's rows or objects would refuse is found by the plan, not by its step."""

from __future__ import annotations

import pytest
from database_site import CHANNEL, REFUNDS, releases

NOTE = "ALTER TABLE orders ALTER COLUMN note"
LOOSE = (f"{NOTE} DROP NOT NULL;", f"{NOTE} SET NOT NULL;")
LOOSE_MYSQL = (
    "ALTER TABLE orders MODIFY note TEXT NULL;",
    "ALTER TABLE orders MODIFY note TEXT NOT NULL;",
)
COPY = (
    "CREATE TABLE copy (id INTEGER PRIMARY KEY, legacy TEXT, note TEXT); "
    "INSERT INTO copy SELECT id, legacy, note FROM orders; DROP TABLE orders; "
    "ALTER TABLE copy RENAME TO orders;",
    "CREATE TABLE copy (id INTEGER PRIMARY KEY, legacy TEXT, note TEXT NOT NULL); "
    "INSERT INTO copy SELECT id, legacy, note FROM orders; DROP TABLE orders; "
    "ALTER TABLE copy RENAME TO orders;",
)
VIEW = "CREATE VIEW open_orders AS SELECT id, channel FROM orders"
on = pytest.mark.parametrize


def loose(site) -> tuple[str, str]:
    url = site.environment["SHOP_URL"]
    return COPY if url.startswith("sqlite") else LOOSE_MYSQL if url.startswith("mysql") else LOOSE


def blocked(site, *words: str) -> tuple[str, str]:
    """The one blocker of a plan with --with-db: its message and its fix."""
    plan = site.plan("--with-db", *words, check=6)
    (finding,) = [row for row in plan["findings"] if row["code"] == "irreversible-migration"]
    assert site.applied()[-1] != "1", "nothing was changed"
    return finding["message"], finding["fix"]


def test_a_not_null_over_rows_with_null_blocks_with_their_number(site):
    releases(site, _2_loose=loose(site))
    message, fix = blocked(site)
    assert "NOT NULL, and 2 rows have NULL there" in message and ".note" in message
    assert "fill" in fix and "nothing of the chain is reversed" in fix
    site.sql("UPDATE orders SET note = 'x'; SELECT 1")
    words = ("--accept-loss", "--accept-schema", "v1.1 had no NOT NULL")  # MySQL: the type again
    plan = site.plan("--with-db", *words)
    assert site.execute(plan)["outcome"] == "done"


@on("site", ["postgresql", "mysql"], indirect=True)
def test_a_down_that_fills_the_column_first_is_no_obstacle(site):
    up, down = loose(site)
    releases(site, _2_loose=(up, f"UPDATE orders SET note = '' WHERE note IS NULL; {down}"))
    plan = site.plan("--with-db", "--accept-loss")
    assert site.execute(plan)["outcome"] == "done"


@on("site", ["postgresql"], indirect=True)
def test_a_column_that_comes_back_without_values_cannot_be_not_null(site):
    down = (
        "ALTER TABLE orders ADD COLUMN legacy TEXT; "
        "ALTER TABLE orders ALTER COLUMN legacy SET NOT NULL;"
    )
    releases(site, _2_legacy=("ALTER TABLE orders DROP COLUMN legacy;", down))
    assert "orders.legacy NOT NULL, and 2 rows have NULL" in blocked(site)[0]


@on("site", ["sqlite", "postgresql"], indirect=True)
def test_a_view_on_a_column_that_goes_blocks_by_name(site):
    releases(site, _2_channel=CHANNEL)
    site.sql(f"{VIEW}; SELECT 1")
    message, fix = blocked(site)
    assert "drops orders.channel, which view open_orders needs" in message
    assert "view open_orders" in fix
    site.sql("DROP VIEW open_orders; SELECT 1")
    assert site.execute(site.plan("--with-db"))["outcome"] == "done"


@on("site", ["sqlite", "postgresql"], indirect=True)
def test_a_view_that_an_earlier_down_drops_is_no_obstacle(site):
    releases(site, _2_channel=CHANNEL, _3_view=(f"{VIEW};", "DROP VIEW open_orders;"))
    done = site.execute(site.plan("--with-db"))
    assert done["outcome"] == "done" and site.applied() == ["1"]


@on("site", ["postgresql", "mysql"], indirect=True)
def test_a_foreign_key_to_a_table_that_goes_blocks_by_name(site):
    releases(site, _2_refunds=REFUNDS)
    site.sql(
        "CREATE TABLE payments (refund INTEGER, "
        "CONSTRAINT of_refund FOREIGN KEY (refund) REFERENCES refunds (id)); SELECT 1"
    )
    message, _ = blocked(site)
    assert "foreign key of_refund of payments needs" in message and "drops refunds" in message


@on("site", ["postgresql", "mysql"], indirect=True)
def test_tables_of_one_release_that_refer_to_each_other_go_together(site):
    payments = (
        "CREATE TABLE payments (refund INTEGER, "
        "CONSTRAINT of_refund FOREIGN KEY (refund) REFERENCES refunds (id));",
        "DROP TABLE payments;",
    )
    releases(site, _2_refunds=REFUNDS, _3_payments=payments)
    assert site.execute(site.plan("--with-db"))["outcome"] == "done"
    assert site.applied() == ["1"]


@on("site", ["postgresql"], indirect=True)
def test_what_cascade_takes_with_it_is_a_loss(site):
    releases(site, _2_channel=(CHANNEL[0], "ALTER TABLE orders DROP COLUMN channel CASCADE;"))
    site.sql(f"{VIEW}; SELECT 1")
    plan = site.plan("--with-db", check=6)
    (finding,) = [row for row in plan["findings"] if row["code"] == "loses-data"]
    assert "drop of view open_orders, which needs orders.channel" in finding["message"]
    assert site.execute(site.plan("--with-db", "--accept-loss"))["outcome"] == "done"


@on("site", ["postgresql", "mysql"], indirect=True)
def test_values_that_came_twice_keep_a_unique_constraint_away(site):
    up = "ALTER TABLE orders DROP CONSTRAINT one_note;"
    down = "ALTER TABLE orders ADD CONSTRAINT one_note UNIQUE (note);"
    site.release(
        "v1.0",
        20,
        _1_orders=(
            "CREATE TABLE orders (id INTEGER PRIMARY KEY, note varchar(20), "
            "CONSTRAINT one_note UNIQUE (note));",
            "DROP TABLE orders;",
        ),
    )
    site.release("v1.1", 9)
    if site.environment["SHOP_URL"].startswith("mysql"):
        up = up.replace("CONSTRAINT", "INDEX")
    site.release("v1.2", 2, broken=True, _2_more=(up, down))
    site.configure()
    site.serve()
    site.sql("INSERT INTO orders VALUES (1, 'a'), (2, 'a'), (3, 'b'), (4, NULL), (5, NULL)")
    assert "orders (note) unique, and 1 value is there more than once" in blocked(site)[0]


@on("site", ["sqlite"], indirect=True)
def test_an_index_on_a_column_that_goes_blocks_where_the_engine_refuses(site):
    releases(site, _2_channel=CHANNEL)
    site.sql("CREATE INDEX by_channel ON orders (channel); SELECT 1")
    assert "index by_channel needs" in blocked(site)[0]
