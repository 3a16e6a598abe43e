"""Taking migrations back: which SQL can be, what it loses, and what is written about it."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from msgspec.structs import replace

from rollback.engines import engines, postgresql, sqlite
from rollback.migrations import migrations
from rollback.migrations._table import Table
from rollback.model import Address, Instance
from rollback.reversal import applied, backup, effects, files, loss
from rollback.reversal.effects import Live, Loss
from rollback.reversal.sql import ABSENT, Statements, proven
from rollback.settings.model import BackupSettings
from rollback.shell import Shell
from rollback.verdicts import dialect

UP, DOWN = "ALTER TABLE orders ADD x int;", "ALTER TABLE orders DROP COLUMN x;"


def dbmate(down: str, up: str = UP, mark: str = "") -> files.Sql:
    text = f"-- migrate:up{mark}\n{up}\n-- migrate:down{mark}\n{down}\n"
    return files.read(migrations["dbmate"], "1_a.sql", {"1_a.sql": text}, "postgresql")


@pytest.mark.parametrize("down", ["", "\n\n", "-- nothing\n", "/* no */", "SELECT 1;", ";"])
def test_a_down_that_changes_nothing_is_no_down(down):
    assert dbmate(down).problem == "its down is empty"
    text = {"1_a.sql": f"-- migrate:up\n{UP}\n-- migrate:down\n{down}\n"}
    assert files.read(migrations["dbmate"], "1_a.sql", text, "sqlite").problem


@pytest.mark.parametrize(
    "sql",
    [
        dbmate("DROP INDEX CONCURRENTLY i;"),
        dbmate(DOWN, "CREATE INDEX CONCURRENTLY i ON orders (id);"),
        dbmate(DOWN, mark=" transaction:false"),
    ],
)
def test_what_no_transaction_can_hold_is_not_reversed(sql):
    assert sql.problem == "it cannot run in a transaction"


@pytest.mark.parametrize(
    "down", [f"{DOWN} COMMIT; {DOWN}", f"BEGIN; {DOWN} COMMIT; BEGIN; COMMIT;"]
)
def test_sql_with_transactions_of_its_own_is_not_reversed(down):
    assert dbmate(down).problem == "it begins or ends transactions itself"


@pytest.mark.parametrize(
    "down",
    [
        f"BEGIN;\n{DOWN}\nCOMMIT;\n",
        f"-- back\nbegin transaction;\n{DOWN}\ncommit;\n-- done",
        f"START TRANSACTION;{DOWN}END;",
    ],
)
def test_a_transaction_around_all_of_it_gives_way_to_that_of_the_script(down):
    sql = dbmate(down)
    assert (sql.problem, DOWN in sql.down) == ("", True)
    assert not {"BEGIN", "COMMIT", "END", "START"} & set(sql.down.upper().replace(";", " ").split())


@pytest.mark.parametrize(
    ("tool", "path", "texts", "down"),
    [
        ("golang-migrate", "m/2_a.up.sql", {"m/2_a.up.sql": UP, "m/2_a.down.sql": DOWN}, DOWN),
        ("golang-migrate", "m/2_a.up.sql", {"m/2_a.up.sql": UP}, None),
        ("flyway", "sql/V2_1__a.sql", {"sql/V2_1__a.sql": UP, "undo/U2_1__b.sql": DOWN}, DOWN),
        ("flyway", "sql/V2__a.sql", {"sql/V2__a.sql": UP, "undo/U3__b.sql": DOWN}, None),
        ("sql-folders", "m/2/up.sql", {"m/2/up.sql": UP, "m/2/down.sql": DOWN}, DOWN),
        ("sql-folders", "m/up/2_a.sql", {"m/up/2_a.sql": UP, "m/down/2_a.sql": DOWN}, DOWN),
        ("sql-folders", "m/2_a.sql", {"m/2_a.sql": UP}, None),
        ("django", "m/2_a.py", {"m/2_a.py": UP}, None),
    ],
)
def test_where_the_down_of_a_migration_is(tool, path, texts, down):
    assert migrations[tool].down(path, texts) == down


def test_a_tool_without_a_table_says_so():
    without = {id for id, tool in migrations if tool.TABLE is None}
    assert "atlas" in without
    assert not without & {"dbmate", "django", "goose", "golang-migrate", "flyway", "sql-folders"}


def test_a_tool_that_reverses_the_newest_is_stopped_before_another_one():
    table = Table("migrations", id="name", order="id")
    at = applied.place(sqlite, table, None, None)
    with sqlite3.connect(":memory:") as connection:
        connection.execute("CREATE TABLE migrations (id INTEGER PRIMARY KEY, name TEXT)")
        connection.execute("INSERT INTO migrations (name) VALUES ('Later20'), ('Early10')")
        statements = Statements(sqlite, at)
        ((fine,),) = connection.execute(statements.is_newest("Early10"))
        ((why,),) = connection.execute(statements.is_newest("Later20"))
    assert fine == ""
    assert why == "the tool would reverse another migration: Later20 is not the newest one"


def test_a_column_that_no_row_could_fill_is_found():
    def unfillable(sql: str) -> list[tuple[str, str]]:
        return effects.unfillable(dialect.read(sql, "postgresql"))

    assert unfillable("ALTER TABLE orders ADD x int NOT NULL;") == [("orders", "x")]
    assert unfillable("ALTER TABLE orders ADD x int NOT NULL DEFAULT 0;") == []
    assert unfillable("CREATE TABLE a (i int); ALTER TABLE a ADD x int NOT NULL;") == []


# ---- loss ---------------------------------------------------------------------------------


def live() -> Live:
    rows = [("orders", "id"), ("orders", "note"), ("items", "id"), ("items", "price")]
    return Live([{"table": table, "column": column} for table, column in rows])


def lost(sql: str, engine: str = "sqlite") -> Loss:
    return replace(live().apply(dialect.read(sql, engine)), places={})


def test_a_dropped_table_and_a_dropped_column_are_losses():
    assert lost("DROP TABLE items;") == Loss(tables=("items",))
    assert lost("ALTER TABLE orders DROP COLUMN note;") == Loss(columns=(("orders", "note"),))


def test_a_rename_loses_nothing():
    assert lost("ALTER TABLE orders RENAME TO sales;") == Loss()
    assert lost("ALTER TABLE orders RENAME COLUMN note TO remark;") == Loss()


def test_a_table_that_is_copied_under_its_name_loses_what_the_copy_lacks():
    sql = """CREATE TABLE copy (id int); INSERT INTO copy SELECT id FROM orders;
             DROP TABLE orders; ALTER TABLE copy RENAME TO orders;"""
    assert lost(sql).columns == (("orders", "note"),)
    assert lost(sql).tables == ()


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_a_table_that_is_made_anew_and_not_filled_loses_everything(engine):
    anew = "DROP TABLE items; CREATE TABLE items (id int, price int);"
    assert lost(anew, engine) == Loss(tables=("items",))
    renamed = """CREATE TABLE copy (id int, price int); DROP TABLE items;
                 ALTER TABLE copy RENAME TO items;"""
    assert lost(renamed, engine) == Loss(tables=("items",))
    again = "ALTER TABLE orders DROP COLUMN note; ALTER TABLE orders ADD COLUMN note text;"
    assert lost(again, engine) == Loss(columns=(("orders", "note"),))


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_a_copy_may_name_its_columns(engine):
    sql = """CREATE TABLE copy (id int, note text);
             INSERT INTO copy (id, note) SELECT id, note FROM orders;
             DROP TABLE orders; ALTER TABLE copy RENAME TO orders;"""
    assert lost(sql, engine) == Loss()


def test_what_was_renamed_before_is_counted_under_its_live_name():
    tables = live()
    tables.apply(dialect.read("ALTER TABLE orders RENAME TO sales;", "sqlite"))
    dropped = tables.apply(dialect.read("ALTER TABLE sales DROP COLUMN note;", "sqlite"))
    assert dropped.columns == (("orders", "note"),)


@pytest.mark.parametrize(
    "sql",
    [
        "DELETE FROM orders;",
        "UPDATE orders SET note = NULL;",
        "DO $$ BEGIN END $$;",
        "TRUNCATE orders;",
        "DROP TABLE archive.sums;",
        "DROP SCHEMA archive CASCADE;",
        "SELECT wipe_orders();",
        "ALTER TABLE orders ALTER COLUMN note TYPE varchar(3) USING left(note, 3);",
        "INSERT INTO orders (id, note) VALUES (1, 'x') ON CONFLICT (id) DO UPDATE SET note = 'x';",
        "WITH x AS (INSERT INTO orders VALUES (1) ON CONFLICT (id) DO UPDATE SET id = 2) SELECT 1;",
        "DROP TYPE mood CASCADE;",
        "DROP DOMAIN email CASCADE;",
    ],
)
def test_what_cannot_be_counted_is_never_called_nothing(sql):
    assert lost(sql, "postgresql").unknown


@pytest.mark.parametrize(
    "sql",
    [
        "INSERT INTO orders VALUES (1, 'x') ON CONFLICT (id) DO UPDATE SET note = 'x';",
        "INSERT OR REPLACE INTO orders VALUES (1, 'x');",
        "REPLACE INTO orders VALUES (1, 'x');",
    ],
)
def test_an_upsert_of_sqlite_cannot_be_counted(sql):
    assert lost(sql).unknown


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
@pytest.mark.parametrize(
    "insert",
    [
        "INSERT INTO copy (id, note) VALUES (1, 'x');",
        "INSERT INTO copy SELECT id, note FROM orders WHERE id > 5;",
        "INSERT INTO copy SELECT id, note FROM orders LIMIT 5;",
        "INSERT INTO copy SELECT DISTINCT id, note FROM orders;",
        "INSERT INTO copy SELECT orders.id, note FROM orders JOIN items ON items.id = orders.id;",
        "INSERT INTO copy SELECT id, price FROM items;",
        "INSERT INTO copy SELECT * FROM orders ON CONFLICT DO NOTHING;",
    ],
)
def test_an_insert_that_copies_not_every_row_is_no_copy(insert, engine):
    sql = f"""CREATE TABLE copy (id int, note text); {insert}
              DROP TABLE orders; ALTER TABLE copy RENAME TO orders;"""
    assert lost(sql, engine).tables == ("orders",)


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
@pytest.mark.parametrize(
    "insert",
    [
        "INSERT INTO copy (id) SELECT id FROM orders;",
        "INSERT INTO copy SELECT id, '' FROM orders;",
        "INSERT INTO copy (id, note) SELECT id, lower(note) FROM orders;",
    ],
)
def test_a_column_that_the_copy_does_not_take_is_lost(insert, engine):
    sql = f"""CREATE TABLE copy (id int, note text); {insert}
              DROP TABLE orders; ALTER TABLE copy RENAME TO orders;"""
    assert lost(sql, engine) == Loss(columns=(("orders", "note"),))


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_a_copy_of_everything_loses_nothing(engine):
    sql = """CREATE TABLE copy (id int, note text); INSERT INTO copy SELECT * FROM orders;
             DROP TABLE orders; ALTER TABLE copy RENAME TO orders;"""
    assert lost(sql, engine) == Loss()


def test_a_function_or_a_view_takes_no_column_with_it():
    assert lost("DROP FUNCTION stamp() CASCADE; DROP VIEW sums CASCADE;", "postgresql") == Loss()


@pytest.mark.parametrize("engine", engines.ids)
def test_a_limit_with_a_hostile_name_stays_a_name(engine):
    quote = engines[engine].quoted("x")[0]
    limit = loss.Limit(f"x{quote}; DROP TABLE y; --", "", 3)
    text = loss.statements(engines[engine], [limit])
    assert f"FROM {quote}x{quote * 2}; DROP TABLE y; --{quote}" in text


@pytest.fixture
def shop(tmp_path: Path) -> Address:
    with sqlite3.connect(tmp_path / "shop.db") as connection:
        connection.execute("CREATE TABLE orders (id INTEGER, note TEXT, empty TEXT)")
        connection.execute("INSERT INTO orders VALUES (1, 'a', NULL), (2, NULL, NULL)")
        connection.execute("CREATE TABLE schema_migrations (version TEXT)")
        connection.execute("INSERT INTO schema_migrations VALUES ('1'), ('2')")
    return sqlite.parse("sqlite:shop.db", "U", tmp_path)


def counted(address: Address, project: Path, *losses: Loss):
    return [each.lost for each in loss.count(sqlite, address, losses, Shell(project))]


def test_rows_and_values_are_counted_and_emptiness_is_no_loss(shop, tmp_path):
    both = Loss(columns=(("orders", "note"), ("orders", "empty")))
    empty = Loss(columns=(("orders", "empty"),))
    columns, table, nothing = counted(shop, tmp_path, both, Loss(tables=("orders",)), empty)
    assert (columns.rows, columns.values, columns.tables) == (0, 1, ("orders.note: 1 values",))
    assert (table.rows, nothing) == (2, None)


def test_what_is_not_counted_in_time_is_said(shop, tmp_path, monkeypatch):
    monkeypatch.setattr(loss, "SECONDS", 0.0)
    (late,) = counted(shop, tmp_path, Loss(tables=("orders",)))
    assert late.tables == () and "orders" in late.unknown[0]


# ---- statements ---------------------------------------------------------------------------


@pytest.mark.parametrize("engine", engines.ids)
def test_hostile_names_stay_names(engine):
    quote = engines[engine].quoted("x")[0]
    table = Table(f"x{quote}; DROP TABLE y; --")
    at = applied.place(engines[engine], table, None, None)
    statements = Statements(engines[engine], at)
    for text in (statements.remove("1' OR '1", None), statements.applied("1' OR '1")):
        assert f"x{quote * 2}; DROP TABLE y; --" in text
        assert "1'' OR ''1" in text


def test_a_proof_reads_the_table_and_what_the_sql_named(shop, tmp_path):
    statements = Statements(sqlite, applied.place(sqlite, Table("schema_migrations"), None, None))
    names = effects.named(dialect.read("ALTER TABLE orders DROP COLUMN note;", "sqlite"))
    query = statements.proof(["2"], names)
    with sqlite3.connect(tmp_path / "shop.db") as connection:
        assert connection.execute(query).fetchone() == ("applied, orders.note present",)
        connection.execute("ALTER TABLE orders DROP COLUMN note")
        connection.execute(statements.remove("2", None))
        assert connection.execute(query).fetchone() == (proven(ABSENT, names),)


def test_ids_that_are_numbers_are_compared_as_numbers():
    assert Table("t", numbers=True).key("00012") == Table("t", numbers=True).key(12) == "12"
    assert Table("t").key("00012") == "00012"


def test_what_is_applied_is_read_in_the_order_in_which_it_was(tmp_path):
    with sqlite3.connect(tmp_path / "shop.db") as connection:
        connection.execute("CREATE TABLE log (id INTEGER, version TEXT, ok INTEGER, type TEXT)")
        connection.execute(
            "INSERT INTO log VALUES (1, '5', 1, 'SQL'), (2, '3', 1, 'SQL'), (3, '4', 1, 'SQL'),"
            " (4, '4', 1, 'DELETE'), (5, '6', 0, 'SQL')"
        )
    address, shell = sqlite.parse("sqlite:shop.db", "U", tmp_path), Shell(tmp_path)
    table = Table("log", where="type = 'SQL'", dirty="NOT ok", order="id")
    found = applied.read(sqlite, address, applied.place(sqlite, table, None, None), shell)
    assert (list(found.rows), found.dirty) == (["5", "3", "6"], ("6",))
    missing = applied.place(sqlite, Table("other"), None, None)
    assert applied.read(sqlite, address, missing, shell).rows is None


def test_why_there_can_be_no_backup(tmp_path):
    def problem(size: int, directory: Path) -> str:
        instance, settings = Instance("x", "3", size), BackupSettings(directory=str(directory))
        made = backup.making(settings, tmp_path, drill=False)
        return backup.problem(sqlite, instance, settings, made, Shell(tmp_path))

    gone = tmp_path / "gone"
    assert problem(10, tmp_path) == ""
    assert "free" in problem(10**18, tmp_path)
    assert str(gone) in problem(10, gone)


@pytest.mark.programs
def test_an_older_pg_dump_is_no_backup(monkeypatch, tmp_path):
    program = tmp_path / "pg_dump"
    program.write_text("#!/bin/sh\necho 'pg_dump (PostgreSQL) 14.2'\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    assert "14" in postgresql.dump_problem("15.18 (Debian)", Shell(tmp_path))
    assert postgresql.dump_problem("14.1", Shell(tmp_path)) == ""
