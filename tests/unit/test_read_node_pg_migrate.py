"""node-pg-migrate's migrations are read without running them."""

from __future__ import annotations

import pytest
from migration_cases import cases, judgement, node_pg_migrate

from rollback.migrations import migrations
from rollback.verdicts import operations as to

BEFORE, ROWS = cases("node_pg_migrate.js")
TOOL = "node-pg-migrate"


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.body.splitlines()[0][:60])
def test_each_migration_has_its_verdict(row):
    judged = judgement(TOOL, node_pg_migrate(BEFORE, row.body))
    assert judged.verdict == row.reading, judged.why


@pytest.mark.parametrize(
    "name, text",
    [
        ("1_a.js", 'exports.up = (pgm) => { pgm.dropTable("orders"); };'),
        ("1_a.js", 'exports.up = pgm => pgm.dropTable("orders")'),
        ("1_a.js", 'exports.up = (db) => { db.sql("DROP TABLE orders"); };'),
        (
            "1_a.ts",
            "export const shorthands: ColumnDefinitions | undefined = undefined;\n"
            "export async function up(pgm: MigrationBuilder): Promise<void> "
            '{ pgm.dropTable("orders") }',
        ),
        ("1_a.sql", "-- Up Migration\nDROP TABLE orders;\n-- Down Migration\nnot SQL\n"),
        ("1_a.sql", "-- Down Migration\nnot SQL\n-- Up Migration\nDROP TABLE orders;\n"),
        ("1_a.up.sql", "DROP TABLE orders;"),
        ("1_a.sql", "DROP TABLE orders;"),
    ],
)
def test_the_way_up_is_read_in_every_format(name, text):
    files = {f"migrations/{name}": text, "migrations/1_a.down.sql": "not SQL"}
    judged = judgement(TOOL, files)
    assert (judged.verdict, judged.why) == ("contract", "orders is gone")
    assert [script.id for script in migrations[TOOL].read(files)] == ["1_a"]


def test_migrations_run_in_the_order_of_their_numbers():
    files = {f"migrations/{name}.js": "exports.up = () => {}" for name in ("10_b", "9_a", "100_c")}
    assert [script.id for script in migrations[TOOL].read(files)] == ["9_a", "10_b", "100_c"]


def test_names_of_types_are_looked_up_in_all_files():
    own = 'exports.shorthands = { key: { type: "uuid", notNull: true, default: "x" } };\n'
    files = {
        "migrations/1_a.js": own + "exports.up = () => {};",
        "migrations/2_b.js": 'exports.up = (pgm) => pgm.addColumns("a", { b: "key" });',
    }
    (_, last) = migrations[TOOL].read(files)
    column = to.Column("b", "uuid", not_null=True, filled=True)
    assert last.operations == (to.AddColumn("a", column),)


@pytest.mark.parametrize(
    "body, code",
    [
        ("pgm.dropTable(name)", "name"),
        ("pgm.addColumns('a', columns)", "pgm.addColumns"),
        ("pgm.addColumns('a', { b: column })", "pgm.addColumns"),
        ("pgm.addColumns('a', { b: { type: kind } })", "kind"),
        ("pgm.addColumns('a', { b: { type: 'text', notNull: strict } })", "strict"),
        ("pgm.invented('a')", "invented"),
        ("pgm.sql(fs.readFileSync('x.sql'))", "readFileSync"),
        ("helpers.move(pgm)", "helpers.move"),
        ("pgm.createTable('a', { b: 'text' }, options)", "pgm.createTable"),
        ("pgm.dropColumns('a', [...names])", "names"),
    ],
)
def test_what_only_running_tells_is_unknown_and_named(body, code):
    files = node_pg_migrate("", f"{body};\n")
    (_, last) = migrations[TOOL].read(files)
    (operation,) = last.operations
    assert isinstance(operation, to.Opaque)
    assert "line 2" in operation.what and code in operation.what
