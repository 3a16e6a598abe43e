"""How tools with JavaScript modules reverse a migration, read without running it."""

from __future__ import annotations

import pytest

from rollback.migrations import migrations
from rollback.migrations._computed import Computed
from rollback.migrations._native import AT_HOME, FOLDER, VARIABLE, Way
from rollback.verdicts import operations as to

UP = "exports.up = async (knex) => {{ {} }};\n"
DROP = 'await knex.schema.alterTable("a", (t) => { t.dropColumn("b"); });'


def way(text: str, up: str = DROP) -> Way:
    native = migrations["knex"].NATIVE
    assert native and not isinstance(native, Computed)
    (read,) = native.ways({"migrations/1_a.js": UP.format(up) + text}).values()
    return read


@pytest.mark.parametrize(
    "down",
    [
        "exports.down = async (knex) => {{ {} }};",
        "exports.down = function (knex) {{ {} }};",
        "export async function down(knex) {{ {} }}",
        "module.exports.down = (knex) => {{ {} }};",
    ],
)
def test_the_down_is_read_however_it_is_exported(down):
    read = way(down.format(DROP))
    assert read.operations == (to.DropColumn("a", "b"),)
    assert read.down[-2:] == ("migrate:down", "1_a.js")
    assert read.up[-2:] == ("migrate:up", "1_a.js")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "it has no down"),
        ("exports.down = async () => {};", "its down is empty"),
        ("exports.down = async () => { throw new Error('no'); };", "line 2: throw new Error"),
        ("exports.down = async (knex) => {", "its file does not parse"),
    ],
)
def test_what_cannot_go_back_is_a_problem(text, problem):
    assert way(text).problem.startswith(problem)


def test_a_down_that_only_running_would_tell_is_unknown():
    (unknown,) = way("exports.down = (knex) => helper(knex);").operations
    assert isinstance(unknown, to.Opaque)


def way_of(tool: str, text: str, path: str = "migrations/1_a.js", **more: str) -> Way:
    native = migrations[tool].NATIVE
    assert native and not isinstance(native, Computed)
    return native.ways({path: text, **more})[path]


ADDS = 'exports.up = (pgm) => { pgm.addColumn("a", { b: "text" }); };\n'


def test_node_pg_migrate_takes_one_name_and_the_database_of_the_variable():
    read = way_of(
        "node-pg-migrate", ADDS + 'exports.down = (pgm) => { pgm.dropColumn("a", "b"); };'
    )
    assert read.operations == (to.DropColumn("a", "b"),)
    assert read.down[3:] == ("-m", FOLDER, "-d", VARIABLE, "down", "1_a")
    assert read.up[-2:] == ("up", "1_a")


def test_node_pg_migrate_derives_a_down_from_what_is_made():
    assert way_of("node-pg-migrate", ADDS).operations == (to.DropColumn("a", "b"),)


@pytest.mark.parametrize(
    ("text", "path", "problem"),
    [
        (ADDS + "exports.down = false;", "m/1_a.js", "its down is false"),
        (ADDS + "export const down: boolean = false;", "m/1_a.ts", "its down is false"),
        (ADDS + "exports.down = () => {};", "m/1_a.js", "its down is empty"),
        (ADDS, "m/17.js", "its name is a number"),
        ('exports.up = (pgm) => { pgm.sql("UPDATE a SET b = 1"); };', "m/1_a.js", "derives none"),
        ('exports.up = (pgm) => { pgm.dropTable("a"); };', "m/1_a.js", "derives none"),
        ("-- Up Migration\nDROP TABLE a;", "m/1_a.sql", "it has no down"),
        ("-- Up Migration\nDROP TABLE a;\n-- Down Migration\n", "m/1_a.sql", "its down is empty"),
    ],
)
def test_what_node_pg_migrate_cannot_reverse_is_a_problem(text, path, problem):
    assert problem in way_of("node-pg-migrate", text, path).problem


def test_node_pg_migrate_reads_the_down_of_sql_files():
    text = "-- Up Migration\nCREATE TABLE a ();\n-- Down Migration\nDROP TABLE a;\n"
    assert "DROP TABLE a" in str(way_of("node-pg-migrate", text, "m/1_a.sql").operations)
    files = {"m/1_a.down.sql": "DROP TABLE a;"}
    assert way_of("node-pg-migrate", "CREATE TABLE a ();", "m/1_a.up.sql", **files).problem == ""


CLASS = """module.exports = class Add1 {
  async up(q) { await q.query("ALTER TABLE a ADD b text"); }
  async down(q) { await q.query("ALTER TABLE a DROP b"); }
};"""
PACKAGE = '{"scripts": {"x": "jest -d a", "up": "typeorm migration:run -d dist/source.js"}}'


def test_typeorm_reverts_only_the_newest_so_that_is_what_it_has_to_be():
    read = way_of("typeorm", CLASS, **{AT_HOME: PACKAGE})
    assert read.newest
    assert read.down[-3:] == ("migration:revert", "-d", "dist/source.js")
    assert read.up[-2:] == ("dist/source.js", "Add1")
    assert read.names == ()  # none of its words is a name that the tool could take for an option


def test_a_tool_that_takes_a_name_reads_it_as_the_last_word():
    assert way("exports.down = () => {};", "").names == ("1_a.js", "1_a.js")


@pytest.mark.parametrize("package", ["", "[]", "{}", '{"scripts": {"up": "typeorm -d source.ts"}}'])
def test_typeorm_needs_a_data_source_that_node_can_load(package):
    assert "no script of package.json" in way_of("typeorm", CLASS, **{AT_HOME: package}).problem
