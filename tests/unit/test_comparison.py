"""Schemas that are compared, and reversals that are tried in memory."""

from __future__ import annotations

import pytest

from rollback.errors import Unreadable
from rollback.model import Address
from rollback.rehearsal import Act, Place
from rollback.rehearsal import sqlite as memory
from rollback.reversal import comparison
from rollback.shell import Shell

ORDERS = "CREATE TABLE orders (id INTEGER PRIMARY KEY, note TEXT DEFAULT 'x', CHECK (id > 0));"
INDEX = "CREATE INDEX orders_note ON orders (note);"
NOWHERE = Place(Address("sqlite", "SHOP_URL", "shop", "shop.db", {}))


def schema(tmp_path, *texts: str) -> dict[tuple[str, str], str]:
    played = memory.play([[Act("it", text) for text in texts]], NOWHERE, Shell(tmp_path))
    assert not played.failed, played.why
    return comparison.catalogue(played.catalogues[-1])


def test_the_order_of_columns_and_statements_is_no_difference(tmp_path):
    one = schema(tmp_path, "CREATE TABLE a (x int, y int);", "CREATE TABLE b (z int);")
    other = schema(tmp_path, "CREATE TABLE b (z int);", "CREATE TABLE a (y int, x int);")
    assert comparison.differences(one, other) == []


def test_each_difference_has_its_path(tmp_path):
    one = schema(tmp_path, ORDERS, INDEX)
    other = schema(tmp_path, "CREATE TABLE orders (id INTEGER PRIMARY KEY, note INT, a TEXT);")
    assert comparison.differences(one, other) == [
        "column orders.a is still there",
        "column orders.note is int, not text DEFAULT 'x'",
        "index orders_note is missing",
        "table orders is 0 checks, not 1 checks",
    ]


def test_what_sqlite_knows_of_a_table_is_compared(tmp_path):
    parent = "CREATE TABLE p (a INTEGER PRIMARY KEY);"
    base = schema(tmp_path, parent, "CREATE TABLE c (a INT, b TEXT);", "CREATE INDEX i ON c (b);")
    changed = [
        "CREATE TABLE c (a INT NOT NULL, b TEXT); CREATE INDEX i ON c (b);",
        "CREATE TABLE c (a INT, b TEXT UNIQUE); CREATE INDEX i ON c (b);",
        "CREATE TABLE c (a INT REFERENCES p (a), b TEXT); CREATE INDEX i ON c (b);",
        "CREATE TABLE c (a INT, b TEXT); CREATE UNIQUE INDEX i ON c (b);",
        "CREATE TABLE c (a INT, b TEXT); CREATE INDEX i ON c (b) WHERE a > 1;",
        "CREATE TABLE c (a INT, b TEXT); CREATE INDEX i ON c (lower(b));",
        "CREATE TABLE c (a INT, b TEXT, PRIMARY KEY (a)); CREATE INDEX i ON c (b);",
        "CREATE TABLE c (a INT, b TEXT); CREATE INDEX i ON c (b); CREATE VIEW v AS SELECT 1;",
    ]
    for text in changed:
        assert comparison.differences(base, schema(tmp_path, parent, text)), text


def test_a_migration_that_opens_a_file_is_not_tried(tmp_path):
    file = tmp_path / "other.db"
    for text in (f"ATTACH '{file}' AS other;", f"VACUUM INTO '{file}';"):
        acts = [[Act("it", ORDERS)], [Act("evil", text, whole=False)]]
        played = memory.play(acts, NOWHERE, Shell(tmp_path))
        assert played.failed and played.failed.label == "evil" and not played.certain
        assert len(played.catalogues) == 1 and not file.exists()


def test_the_live_database_must_have_what_the_downs_leave_and_what_was_there(tmp_path):
    older = schema(tmp_path, ORDERS, INDEX)
    newer = schema(tmp_path, ORDERS, INDEX, "ALTER TABLE orders ADD COLUMN a TEXT;")
    live = schema(tmp_path, ORDERS, INDEX, "ALTER TABLE orders ADD COLUMN a TEXT;",
                  "CREATE TABLE others (id int);")  # fmt: skip
    (last,) = comparison.expected([newer, older], comparison.drifted(newer, live))
    assert last["column", "orders.a"] is None
    assert last["index", "orders_note"] == "orders (note)"
    assert ("table", "others") not in last, "it may come and go"


def test_a_step_before_the_last_answers_for_its_own_change_only(tmp_path):
    texts = [ORDERS, "ALTER TABLE orders ADD COLUMN a TEXT;", "ALTER TABLE orders ADD COLUMN b;"]
    states = [schema(tmp_path, *texts[:number]) for number in (3, 2, 1)]
    first, last = comparison.expected(states, set())
    assert first == {("column", "orders.b"): None}
    assert last["column", "orders.a"] is None and last["column", "orders.note"]


def test_what_was_changed_by_hand_is_not_expected(tmp_path):
    add = "ALTER TABLE orders ADD COLUMN a TEXT;"
    newer, older = schema(tmp_path, ORDERS, INDEX, add), schema(tmp_path, ORDERS, INDEX)
    live = schema(tmp_path, ORDERS, add.replace("TEXT", "INT"))
    (last,) = comparison.expected([newer, older], comparison.drifted(newer, live))
    assert ("index", "orders_note") not in last and ("column", "orders.a") not in last
    moved = schema(tmp_path, "CREATE TABLE other (id int);")
    assert comparison.expected([newer, older], comparison.drifted(newer, moved)) == [{}], (
        "its names are others"
    )


def test_a_name_is_text_in_the_query(tmp_path):
    row = {"kind": "table", "name": "it's; DROP", "definition": "0 checks"}
    assert "'it''s; DROP'" in memory.as_expected([row])


def test_what_an_act_switches_on_reaches_no_other(tmp_path):
    """As in a run: each in a transaction of its own connection, foreign keys off."""
    made = "CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE c (p INT REFERENCES p (id));"
    fill = "INSERT INTO p VALUES (1); INSERT INTO c VALUES (1);"
    on = "PRAGMA foreign_keys = ON; PRAGMA legacy_alter_table = ON; CREATE TEMP TABLE p (x INT);"
    older = [Act("made", made), Act("fill", fill), Act("on", on, whole=False)]
    downs = [Act("down", "DELETE FROM p; ALTER TABLE p RENAME TO q;")]
    played = memory.play([older, downs], NOWHERE, Shell(tmp_path))
    assert not played.failed, played.why
    after = comparison.catalogue(played.catalogues[-1])
    assert ("column", "p.x") not in after
    assert after["foreign key", "c (p)"].startswith("REFERENCES q")


def test_a_down_runs_in_a_transaction_as_in_the_run(tmp_path):
    for text in ("VACUUM;", "PRAGMA foreign_keys = ON; DELETE FROM nowhere;"):
        played = memory.play([[Act("it", ORDERS)], [Act("down", text)]], NOWHERE, Shell(tmp_path))
        assert played.failed and played.failed.label == "down" and played.certain


def test_quotes_of_plain_names_and_case_are_no_difference_of_sqlite():
    same = [
        ('CREATEVIEWvASSELECT"a"FROMorders', "createviewvasselectafromorders"),
        ("CREATEVIEWvASSELECT[a],`b`FROMorders", "createviewvasselecta,bfromOrders"),
        ("text DEFAULT current_timestamp", "text DEFAULT CURRENT_TIMESTAMP"),
    ]
    for one, other in same:
        assert memory.plain(one) == memory.plain(other)
    others = [("x='Paid'", "x='paid'"), ('SELECT"a b"', "SELECTa b"), ("x='\"a\"'", "x='a'")]
    for one, other in others:
        assert memory.plain(one) != memory.plain(other)


def test_what_the_older_code_runs_on_all_the_same_is_harmless():
    def is_harmless(kind: str, older: str, left: str) -> bool:
        key = (kind, "it")
        return comparison.is_harmless(key, {key: older}, {key: left})

    assert is_harmless("column", "text NOT NULL", "text NOT NULL DEFAULT ''::text")
    assert is_harmless("enum", "a, c", "a, b, c, d")
    assert not is_harmless("column", "text", "text DEFAULT 'y'")
    assert not is_harmless("column", "text NOT NULL", "integer NOT NULL DEFAULT 1")
    assert not is_harmless("column", "text NOT NULL DEFAULT 'x'", "text NOT NULL")
    assert not is_harmless("enum", "a, b", "b, a") and not is_harmless("enum", "a, b", "a")
    assert not comparison.is_harmless(("enum", "it"), {("enum", "it"): "a"}, {})


def test_a_schema_that_sqlite_itself_cannot_read_is_an_error_with_a_fix(tmp_path):
    broken = (
        "CREATE VIRTUAL TABLE found USING fts5(text); PRAGMA writable_schema = ON;"
        "UPDATE sqlite_master SET sql = 'CREATE VIRTUAL TABLE found USING gone(text)'"
        " WHERE name = 'found';"
    )
    acts = [Act("it", broken, whole=False), Act("next", "SELECT 1;")]
    with pytest.raises(Unreadable, match="cannot be read: no such module"):
        memory.play([acts], NOWHERE, Shell(tmp_path))
