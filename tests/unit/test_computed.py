"""Downs that a tool computes from two schemas: which schemas, and what such a down leaves out."""

from __future__ import annotations

import json

import pytest

from rollback.migrations.prisma import computed
from rollback.reversal import covered
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
    return covered.problem(read, covered.net(read), covered.net(operations(down)))


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


def beyond(up: str, down: str) -> str:
    return covered.beyond(operations(up), operations(down))


@pytest.mark.parametrize(
    ("down", "why"),
    [
        (DROP + 'ALTER TABLE "A" DROP "c";', "the down drops column A c, which no migration"),
        (DROP + 'DROP TABLE "T";', "the down drops table T, which no migration"),
        (DROP + "DROP INDEX i;", "the down drops index i"),
        (DROP + "DROP TYPE s;", "the down drops type s"),
        (DROP + 'ALTER TABLE "A" DROP CONSTRAINT k;', "the down drops constraint k"),
        (DROP + 'ALTER TABLE "A" ADD "c" int;', "the down makes column A c"),
        (DROP + 'ALTER TABLE "A" ALTER "c" TYPE text;', "the down changes column A c"),
    ],
)
def test_a_down_touches_only_what_the_migrations_did(down, why):
    assert beyond(ADD, down).startswith(why)
    assert beyond(ADD, DROP) == ""


KEY = 'ALTER TABLE "A" ADD "b" int REFERENCES "T" (id);'
INDEX = 'CREATE INDEX "i" ON "A" ("b");'
ANEW = """CREATE TYPE s_new AS ENUM ('a'); ALTER TABLE "A" ALTER "x" TYPE s_new USING "x"::text::s_new;
ALTER TYPE s RENAME TO s_old; ALTER TYPE s_new RENAME TO s; DROP TYPE s_old;"""


@pytest.mark.parametrize(
    ("up", "down"),
    [
        (DROP, ADD + INDEX),
        (KEY, 'ALTER TABLE "A" DROP CONSTRAINT "A_b_fkey";' + DROP),
        ('CREATE TABLE "T" (x int, y int);', 'ALTER TABLE "T" DROP CONSTRAINT k; DROP TABLE "T";'),
        ('DROP TABLE "T";', 'CREATE TABLE "T" (x int); CREATE INDEX "i" ON "T" (x);'),
        ('ALTER TABLE "A" ALTER "b" SET NOT NULL;', 'ALTER TABLE "A" ALTER "b" DROP NOT NULL;'),
        ("ALTER TYPE s ADD VALUE 'b';", ANEW),
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
    assert list(covered.rest(read, covered.net(read))) == stays


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
    assert covered.forward(up, covered.net(operations(up))) == (again, "")


def test_a_write_to_new_and_old_columns_at_once_is_a_problem():
    up = ADD + 'UPDATE "A" SET "b" = 1, "c" = "c" + 1;'
    assert "a second time" in covered.forward(up, covered.net(operations(up)))[1]


def test_a_transaction_of_the_tool_gives_way_to_that_of_the_script():
    text = "-- AlterEnum\nBEGIN;\nDROP TYPE a;\nCOMMIT;\n"
    assert computed.script(text) == "-- AlterEnum\n\nDROP TYPE a;"
    body = "CREATE PROCEDURE p() LANGUAGE plpgsql AS $f$ BEGIN\nCOMMIT;\nEND $f$;"
    assert computed.script(body) == body
