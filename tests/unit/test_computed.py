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


def test_a_transaction_of_the_tool_gives_way_to_that_of_the_script():
    text = "-- AlterEnum\nBEGIN;\nDROP TYPE a;\nCOMMIT;\n"
    assert computed.script(text) == "-- AlterEnum\n\nDROP TYPE a;"
    body = "CREATE PROCEDURE p() LANGUAGE plpgsql AS $f$ BEGIN\nCOMMIT;\nEND $f$;"
    assert computed.script(body) == body
