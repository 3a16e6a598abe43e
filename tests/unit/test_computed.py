"""Downs that a tool computes from two schemas: which schemas, and what such a down leaves out."""

from __future__ import annotations

import json

import pytest

from rollback.migrations.prisma import computed
from rollback.reversal import covered, files
from rollback.reversal.net import net
from rollback.verdicts import dialect
from rollback.verdicts.operations import Operation

DATASOURCE = 'datasource db {\n  provider = "postgresql"\n}\n'
PLACE = "app/prisma/migrations"


def schema(files: dict[str, str]) -> list[str]:
    text = computed.given(PLACE, files, files)
    return sorted(json.loads(text)["new"]) if text else []


def test_the_schema_is_the_one_beside_the_migrations():
    files = {"app/prisma/schema.prisma": DATASOURCE, "other/schema.prisma": DATASOURCE}
    assert schema(files) == ["schema.prisma"]


def test_a_schema_may_be_a_folder_of_files():
    files = {"app/prisma/main.prisma": DATASOURCE, "app/prisma/models/order.prisma": "model Order"}
    assert schema(files) == ["main.prisma", "models/order.prisma"]


def test_a_schema_elsewhere_is_taken_if_there_is_no_other_one():
    assert schema({"db/schema.prisma": DATASOURCE}) == ["schema.prisma"]
    assert schema({"db/schema.prisma": DATASOURCE, "b/schema.prisma": DATASOURCE}) == []


def test_both_releases_need_a_schema():
    files = {"app/prisma/schema.prisma": DATASOURCE}
    assert computed.given(PLACE, files, {}) is None
    assert computed.given(PLACE, {}, files) is None


def operations(sql: str) -> list[Operation]:
    return dialect.read(sql, "postgresql")


def problem(up: str, down: str) -> str:
    read = operations(up)
    return covered.problem(read, net(read), net(operations(down)))


ANEW = """CREATE TYPE s_new AS ENUM ('a'); ALTER TABLE "A" ALTER "x" TYPE s_new USING "x"::text::s_new;
ALTER TYPE s RENAME TO s_old; ALTER TYPE s_new RENAME TO s; DROP TYPE s_old;"""
ADD, DROP = 'ALTER TABLE "A" ADD "b" int;', 'ALTER TABLE "A" DROP "b";'


@pytest.mark.parametrize(
    ("up", "down"),
    [
        (ADD, DROP),
        (DROP, ADD),
        (ADD + 'CREATE INDEX "i" ON "A" ("b");', DROP),
        ('CREATE TABLE "T" (x int); CREATE INDEX "i" ON "T" ("x");', 'DROP TABLE "T";'),
        ('DROP TABLE "T";', 'CREATE TABLE "T" (x int);'),
        (ADD + DROP, "SELECT 1;"),
        ("CREATE TYPE s AS ENUM ('a');", "DROP TYPE s;"),
        (ADD + 'UPDATE "A" SET "b" = 1; ALTER TABLE "A" ALTER "b" SET NOT NULL;', DROP),
    ],
)
def test_a_down_that_undoes_the_schema_is_enough(up, down):
    assert problem(up, down) == ""


@pytest.mark.parametrize(
    ("up", "down", "why"),
    [
        (ADD, "SELECT 1;", "it makes column A b, which the newer schema does not have"),
        (DROP, "SELECT 1;", "it drops column A b, which the older schema does not have"),
        ('CREATE INDEX "i" ON "A" ("c");', DROP, "it makes index i"),
        ('ALTER TABLE "A" RENAME "b" TO "c";', DROP + ADD, "that A.b becomes c"),
        ('ALTER TABLE "A" RENAME TO "B";', 'DROP TABLE "B";', "that A becomes B"),
        ("CREATE VIEW v AS SELECT 1;", DROP, "the schemas do not show the view v"),
        ("DO $$ BEGIN END $$;", DROP, "the schemas do not show"),
        ("CREATE TRIGGER t BEFORE INSERT ON a EXECUTE FUNCTION f();", DROP, "do not show"),
        ("CREATE EXTENSION citext;", DROP, "do not show the extension citext"),
        ("ALTER TABLE a ENABLE ROW LEVEL SECURITY;", DROP, "do not show"),
    ],
)
def test_what_the_schemas_do_not_show_is_a_problem(up, down, why):
    assert why in problem(up, down)


STRICT, FREE = (
    'ALTER TABLE "A" ALTER "c" SET NOT NULL;',
    'ALTER TABLE "A" ALTER "c" DROP NOT NULL;',
)
TYPE = 'ALTER TABLE "A" ALTER "c" TYPE bigint;'
OTHER_TYPE = 'ALTER TABLE "A" ALTER "c" TYPE int;'
DEFAULT, NO_DEFAULT = (
    'ALTER TABLE "A" ALTER "c" SET DEFAULT 1;',
    'ALTER TABLE "A" ALTER "c" DROP DEFAULT;',
)
UNINDEXED = 'DROP INDEX "i";'
INDEXED, INDEXED_ANEW = 'CREATE INDEX "i" ON "A" ("c");', 'CREATE INDEX "i" ON "A" ("d");'
UNTIED, TIED = (
    'ALTER TABLE "A" DROP CONSTRAINT "k";',
    'ALTER TABLE "A" ADD CONSTRAINT "k" FOREIGN KEY ("c") REFERENCES "T";',
)
REMADE = """ALTER TABLE "A" ALTER "c" TYPE text; ALTER TABLE "A" ALTER "c" SET DEFAULT 'a'::text;
DROP TYPE s; CREATE TYPE s AS ENUM ('a'); ALTER TABLE "A" ALTER "c" TYPE s USING "c"::s;"""
LABEL, LABELS = "ALTER TYPE s ADD VALUE 'b';", "DROP TYPE s; CREATE TYPE s AS ENUM ('a');"


@pytest.mark.parametrize(
    ("hidden", "why"),
    [
        (STRICT, "the schemas do not show that A.c becomes NOT NULL"),
        (FREE, "the schemas do not show that A.c may be NULL"),
        (TYPE, "the schemas do not show that A.c becomes bigint"),
        (DEFAULT, "the schemas do not show another default of A.c"),
        (NO_DEFAULT, "the schemas do not show another default of A.c"),
        (LABEL, "the schemas do not show the value b of s"),
        (UNINDEXED + INDEXED_ANEW, "makes index i anew, and the schemas do not show how it was"),
        (UNTIED + TIED, "makes constraint A k anew, and the schemas do not show how it was"),
        (LABELS, "makes type s anew, and the schemas do not show how it was"),
        ('ALTER TABLE "A" DROP "c", ADD "c" int;', "it makes column A c anew"),
        ('ALTER INDEX "i" RENAME TO "j";', "the schemas do not show renames index i to j"),
        ("ALTER TYPE s RENAME TO t;", "it drops type s, which the older schema does not have"),
    ],
)
def test_what_the_down_does_not_touch_is_a_problem_beside_what_it_undoes(hidden, why):
    assert why in problem(ADD + hidden, DROP)


@pytest.mark.parametrize(
    ("up", "down"),
    [
        (STRICT, FREE),
        (STRICT + FREE, "SELECT 1;"),
        (TYPE, OTHER_TYPE),
        (TYPE, 'ALTER TABLE "A" DROP "c", ADD "c" int;'),
        ('ALTER TABLE "A" DROP "c", ADD "c" bigint;', OTHER_TYPE),
        (DEFAULT + NO_DEFAULT, DEFAULT),
        (STRICT + 'ALTER TABLE "A" DROP "c";', 'ALTER TABLE "A" ADD "c" int;'),
        (LABEL, ANEW),
        (LABELS, LABEL),
        (REMADE, LABEL),
        (ANEW, LABEL),
        ('ALTER INDEX "i" RENAME TO "j";', 'ALTER INDEX "j" RENAME TO "i";'),
        (
            'ALTER TABLE "A" RENAME CONSTRAINT "i" TO "j";',
            'ALTER TABLE "A" RENAME CONSTRAINT "j" TO "i";',
        ),
        ('CREATE TABLE "T" (x int); ALTER TABLE "T" ENABLE ROW LEVEL SECURITY;', 'DROP TABLE "T";'),
        (UNINDEXED + INDEXED_ANEW, UNINDEXED + INDEXED),
        ('ALTER TABLE "A" DROP "b";' + INDEXED, ADD + 'DROP INDEX i; CREATE INDEX i ON "A" (b);'),
        (UNTIED + TIED, UNTIED + TIED),
        ('CREATE TABLE "A" ("c" int, "b" int);' + STRICT + DROP + INDEXED, 'DROP TABLE "A";'),
        ('CREATE TABLE "A" ("c" int);' + STRICT + 'DROP TABLE "A";', "SELECT 1;"),
        (UNTIED + 'DROP TABLE "A";', 'CREATE TABLE "A" ("c" int);' + TIED),
        (
            'DROP TABLE "A"; CREATE TABLE "A" ("c" int);' + INDEXED,
            'DROP TABLE "A"; CREATE TABLE "A" (x int);',
        ),
    ],
)
def test_what_the_down_changes_back_or_takes_along_is_no_problem(up, down):
    assert problem(up, down) == ""


@pytest.mark.parametrize(
    ("before", "after", "works"),
    [
        ("text", "int", False),
        ("text", "int USING c::int", True),
        ("int", "varchar(20)", True),
        ("s", "text", True),
        ("text", "s", False),
        ("bigint", "int", True),
        ("numeric(8, 2)", "int", True),
        ("int", "boolean", False),
        ("timestamptz", "date", True),
        ("date", "time", False),
        ("jsonb", "json", True),
        ("jsonb", "int[]", False),
        ("text[]", "varchar[]", True),
        ("text[]", "int[]", False),
        ("int[]", "int", False),
        ("int", "serial", False),
    ],
)
def test_a_type_that_postgresql_does_not_assign_needs_a_using(before, after, works):
    up, down = (f'ALTER TABLE "A" ALTER "c" TYPE {type};' for type in (before, after))
    assert ("without USING: that cannot run" not in problem(up, down)) is works
    if works:
        assert problem(up, down) == ""


def beyond(up: str, down: str) -> str:
    return covered.beyond(operations(up), operations(down))


@pytest.mark.parametrize(
    ("down", "why"),
    [
        (DROP + 'ALTER TABLE "A" DROP "c";', "the down drops column A c, which no migration"),
        (DROP + 'DROP TABLE "T";', "the down drops table T, which no migration"),
        (DROP + "DROP INDEX i;", "the down drops index i"),
        (DROP + "DROP TYPE s;", "the down drops type s"),
        (DROP + 'ALTER TABLE "A" DROP CONSTRAINT k;', "the down drops constraint A k"),
        (DROP + 'ALTER TABLE "A" ADD "c" int;', "the down makes column A c"),
        (DROP + 'ALTER TABLE "A" ALTER "c" TYPE text;', "the down changes column A c"),
        (DROP + "DROP INDEX i; CREATE INDEX i ON x (y);", "the down changes index i"),
        (DROP + "ALTER TYPE s ADD VALUE 'c';", "the down changes enum s"),
        (DROP + "DROP VIEW v;", "no migration of this release did the view v"),
        (DROP + "CREATE POLICY p ON x;", "no migration of this release did policy p"),
    ],
)
def test_a_down_touches_only_what_the_migrations_did(down, why):
    assert beyond(ADD, down).startswith(why)
    assert beyond(ADD, DROP) == ""


KEY = 'ALTER TABLE "A" ADD "b" int REFERENCES "T" (id);'
INDEX = 'CREATE INDEX "i" ON "A" ("b");'


@pytest.mark.parametrize(
    ("up", "down"),
    [
        (DROP, ADD + INDEX),
        (KEY, 'ALTER TABLE "A" DROP CONSTRAINT "A_b_fkey";' + DROP),
        ('CREATE TABLE "T" (x int, y int);', 'ALTER TABLE "T" DROP CONSTRAINT k; DROP TABLE "T";'),
        ('DROP TABLE "T";', 'CREATE TABLE "T" (x int); CREATE INDEX "i" ON "T" (x);'),
        ('ALTER TABLE "A" ALTER "b" SET NOT NULL;', 'ALTER TABLE "A" ALTER "b" DROP NOT NULL;'),
        ("ALTER TYPE s ADD VALUE 'b';", ANEW),
        (LABELS, LABEL),
        ('DROP TABLE "T";', 'CREATE TABLE "T" (x int); CREATE POLICY p ON "T";'),
    ],
)
def test_what_goes_or_comes_with_a_touched_column_table_or_enum_is_theirs(up, down):
    assert beyond(up, down) == ""


@pytest.mark.parametrize(
    ("up", "stays"),
    [
        (ADD + 'UPDATE "A" SET "b" = 1;', []),
        (ADD + 'UPDATE "A" SET "b" = 1, "c" = 2;', ["update on A, which stays"]),
        ('DELETE FROM "A";', ["delete on A, which stays"]),
        ('INSERT INTO "A" ("c") VALUES (1);', ["insert on A, which stays"]),
        ('CREATE TABLE "T" (x int); INSERT INTO "T" VALUES (1);', []),
    ],
)
def test_rows_that_were_there_before_stay_as_a_migration_left_them(up, stays):
    read = operations(up)
    assert list(covered.rest(read, net(read))) == stays


OWN, FILL = 'UPDATE "A" SET "c" = "c" || \'!\'', 'UPDATE "A" SET "c" = 1'


@pytest.mark.parametrize(
    ("up", "again"),
    [
        (ADD + FILL + ";", ADD + FILL + ";"),
        (ADD + OWN + ";" + FILL + ";", ADD + "\n" + FILL + ";\n"),
        ('INSERT INTO "A" ("c") VALUES (1);', ""),
        (ADD + 'UPDATE "A" SET "b" = "b" + 1;', ADD + 'UPDATE "A" SET "b" = "b" + 1;'),
        ('CREATE TABLE "T" (x int); TRUNCATE "T";', 'CREATE TABLE "T" (x int); TRUNCATE "T";'),
    ],
)
def test_a_restore_does_not_write_a_second_time_what_stays(up, again):
    assert covered.forward(up, net(operations(up))) == (again, "")


def test_a_write_to_new_and_old_columns_at_once_is_a_problem():
    up = ADD + 'UPDATE "A" SET "b" = 1, "c" = "c" + 1;'
    assert "a second time" in covered.forward(up, net(operations(up)))[1]


def test_a_transaction_of_the_tool_gives_way_to_that_of_the_script():
    text = "-- AlterEnum\nBEGIN;\nDROP TYPE a;\nCOMMIT;\n"
    assert computed.script(text) == "-- AlterEnum\n\nDROP TYPE a;"
    body = "CREATE PROCEDURE p() LANGUAGE plpgsql AS $f$ BEGIN\nCOMMIT;\nEND $f$;"
    assert computed.script(body) == body


def test_migrations_that_go_together_do_not_run_into_each_other():
    sql = files.of(
        DROP, ["ALTER TABLE a ADD x int -- new", "ALTER TABLE a ADD y int"], "postgresql"
    )
    assert sql.up == "ALTER TABLE a ADD x int -- new\n;\nALTER TABLE a ADD y int;"
    assert len(sql.up_operations) == 2


def test_an_up_that_does_not_parse_is_not_reversed():
    problem = files.of(
        DROP, ["ALTER TABLE a ADD x int ALTER TABLE a ADD y int;"], "postgresql"
    ).problem
    assert problem.startswith("a restore could not run it: a statement that the parser")
