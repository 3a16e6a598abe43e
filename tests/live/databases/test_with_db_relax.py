"""What a release only tightened is relaxed by a step of its own; the migrations stay applied."""

from __future__ import annotations

import pytest
from database_site import CHANNEL, LEGACY, ORDERS, releases

NOT_NULL = (
    "UPDATE orders SET note = '' WHERE note IS NULL; ALTER TABLE orders ALTER COLUMN note SET NOT NULL;",
    "",
)
CHECK = (
    "ALTER TABLE orders ADD CONSTRAINT paid CHECK (legacy <> 'unpaid') NOT VALID;",
    "ALTER TABLE orders DROP CONSTRAINT paid;",
)
UNIQUE = (
    "CREATE UNIQUE INDEX one_legacy ON orders (legacy) WHERE id > 1;",
    "DROP INDEX one_legacy;",
)
FOREIGN = (
    "ALTER TABLE orders ADD FOREIGN KEY (id) REFERENCES ids (id) ON DELETE CASCADE;",
    "ALTER TABLE orders DROP CONSTRAINT orders_id_fkey;",
)
NEW = (
    "ALTER TABLE orders ADD COLUMN total int; UPDATE orders SET total = 1; "
    "ALTER TABLE orders ALTER COLUMN total SET NOT NULL;",
    "ALTER TABLE orders DROP COLUMN total;",
)
DEFINITIONS = """
SELECT a.attname || ' NOT NULL' FROM pg_attribute a
WHERE a.attrelid = 'orders'::regclass AND a.attnotnull AND a.attnum > 0
UNION SELECT conname || ' ' || pg_get_constraintdef(oid) FROM pg_constraint
WHERE conrelid = 'orders'::regclass AND contype <> 'p'
UNION SELECT indexdef FROM pg_indexes WHERE tablename = 'orders' ORDER BY 1"""
OLD_CODE = "INSERT INTO orders (id, legacy) VALUES (7, 'unpaid'), (8, 'unpaid'); SELECT 1"
postgresql = pytest.mark.parametrize("site", ["postgresql"], indirect=True)


@postgresql
def test_demands_are_dropped_first_and_made_again_by_a_restore(site):
    site.sql("CREATE TABLE ids (id int PRIMARY KEY); INSERT INTO ids VALUES (1), (2)")
    names = {"_2_note": NOT_NULL, "_3_paid": CHECK, "_4_one": UNIQUE, "_5_ids": FOREIGN}
    releases(site, **names, _6_channel=CHANNEL, _7_total=NEW)
    before = site.sql(DEFINITIONS)
    assert "NOT VALID" in before and "ON DELETE CASCADE" in before
    plan = site.plan("--with-db")
    (database,) = plan["databases"]
    assert (database["action"], database["order"]) == ("relax", "before-app")
    assert database["relaxes"] == [
        "orders.note NOT NULL",
        "orders check paid",
        "orders unique index one_legacy",
        "orders foreign key orders_id_fkey",
        "orders.total NOT NULL",
    ]
    parts = [step["part"] for step in plan["steps"]]
    assert parts[:6] == ["database"] * 6 and "database" not in parts[6:]
    done = site.execute(plan)
    assert (done["outcome"], done["exit"]) == ("done", 0), done
    assert site.applied() == ["1", "2", "3", "4", "5", "6", "7"]
    left = site.sql(DEFINITIONS)
    assert "note NOT NULL" not in left and "paid" not in left and "one_legacy" not in left
    site.sql(OLD_CODE)
    (told,) = [line for line in done["open"] if "orders.note NOT NULL" in line]
    assert 'ALTER COLUMN "note" SET NOT NULL' in told
    # rows that break a demand stop only the end of a restore
    site.sql("DELETE FROM orders WHERE id > 7; INSERT INTO ids VALUES (7); SELECT 1")
    back = site.restore(plan, check=5)
    assert site.answer() == (500, "v1.2"), "the application is back all the same"
    assert back["next"]
    site.sql("DELETE FROM orders WHERE id > 6; SELECT 1")
    assert site.restore(plan, check=None)["outcome"] == "restored"
    assert site.sql(DEFINITIONS) == before
    assert site.answer() == (500, "v1.2")


@postgresql
def test_a_reversal_that_must_be_takes_the_demands_with_it(site):
    note = (NOT_NULL[0], "ALTER TABLE orders ALTER COLUMN note DROP NOT NULL;")
    releases(site, _2_legacy=LEGACY, _3_note=note)
    plan = site.plan("--with-db")
    assert plan["databases"][0]["action"] == "reverse"
    assert site.execute(plan)["outcome"] == "done" and site.applied() == ["1"]


@postgresql
def test_what_was_relaxed_by_hand_needs_no_step(site):
    releases(site, _2_note=NOT_NULL, _3_paid=CHECK)
    site.sql("ALTER TABLE orders DROP CONSTRAINT paid; SELECT 1")
    assert site.plan("--with-db")["databases"][0]["relaxes"] == ["orders.note NOT NULL"]


@postgresql
def test_a_narrower_type_is_reversed(site):
    narrow = (
        "ALTER TABLE orders ALTER COLUMN note TYPE varchar(3);",
        "ALTER TABLE orders ALTER COLUMN note TYPE text;",
    )
    releases(site, _2_narrow=narrow)
    plan = site.plan("--with-db", "--accept-loss")
    assert plan["databases"][0]["action"] == "reverse"


@postgresql
def test_a_unique_index_in_the_place_of_another_one_is_reversed(site):
    older, newer = "CREATE INDEX one ON orders (legacy);", "CREATE UNIQUE INDEX one ON orders (id);"
    site.release("v1.0", 20, _1_orders=(f"{ORDERS[0]} {older}", ORDERS[1]))
    index = (f"DROP INDEX one; {newer}", f"DROP INDEX one; {older}")
    site.release("v1.2", 2, broken=True, _2_one=index)
    site.configure()
    site.serve()
    assert site.plan("--with-db")["databases"][0]["action"] == "reverse"


@pytest.mark.parametrize("site", ["sqlite"], indirect=True)
def test_sqlite_reverses_the_migration(site):
    unique = ("CREATE UNIQUE INDEX one_id ON orders (id);", "DROP INDEX one_id;")
    releases(site, _2_one=unique)
    assert site.plan("--with-db")["databases"][0]["action"] == "reverse"


MYSQL = {
    "_2_note": (
        "UPDATE orders SET note = '' WHERE note IS NULL; "
        "ALTER TABLE orders MODIFY note text NOT NULL COMMENT 'it''s {null} a\\b';",
        "",
    ),
    "_3_paid": (
        "ALTER TABLE orders ADD CONSTRAINT paid CHECK (legacy <> 'un''paid');",
        "ALTER TABLE orders DROP CONSTRAINT paid;",
    ),
    "_4_one": (
        "CREATE UNIQUE INDEX one_legacy ON orders (legacy(10), note(5));",
        "DROP INDEX one_legacy ON orders;",
    ),
    "_5_ids": (
        "ALTER TABLE orders ADD CONSTRAINT known FOREIGN KEY (id) REFERENCES ids (id) ON DELETE CASCADE;",
        "ALTER TABLE orders DROP FOREIGN KEY known;",
    ),
}


@pytest.mark.parametrize("site", ["mysql"], indirect=True)
def test_mariadb_drops_demands_and_makes_them_again_as_they_were(site):
    site.sql("CREATE TABLE ids (id int PRIMARY KEY); INSERT INTO ids VALUES (1), (2)")
    site.sql("SET GLOBAL sql_mode = 'NO_BACKSLASH_ESCAPES'")  # not strict, either
    releases(site, **MYSQL)
    before = site.sql("SHOW CREATE TABLE orders")
    plan = site.plan("--with-db")
    (database,) = plan["databases"]
    assert database["action"] == "relax"
    assert database["relaxes"] == [
        "orders.note NOT NULL",
        "orders check paid",
        "orders unique one_legacy",
        "orders foreign key known",
    ]
    done = site.execute(plan)
    assert (done["outcome"], done["exit"]) == ("done", 0), done
    assert site.applied() == ["1", "2", "3", "4", "5"]
    site.sql("INSERT INTO orders (id, legacy) VALUES (7, 'un''paid'), (8, 'un''paid')")
    site.sql("DELETE FROM orders WHERE id > 7; UPDATE orders SET legacy = 'paid' WHERE id = 7")
    site.sql("INSERT INTO ids VALUES (7)")
    assert site.restore(plan, check=5)["next"], "a value is never invented"
    assert site.sql("SELECT count(*) FROM orders WHERE note IS NULL") == "1"
    site.sql("UPDATE orders SET note = ''")
    assert site.restore(plan, check=None)["outcome"] == "restored"
    assert site.sql("SHOW CREATE TABLE orders") == before
    site.sql("SET GLOBAL sql_mode = DEFAULT")


@pytest.mark.parametrize("site", ["mysql"], indirect=True)
def test_a_demand_that_mariadb_could_not_make_again_is_reversed(site):
    note = (
        "UPDATE orders SET note = ''; ALTER TABLE orders MODIFY note text NOT NULL;",
        "ALTER TABLE orders MODIFY note text;",
    )
    releases(site, _2_note=note)
    site.sql("ALTER TABLE orders MODIFY note text NOT NULL DEFAULT (upper('x'))")
    assert site.plan("--with-db", "--accept-loss")["databases"][0]["action"] == "reverse"
