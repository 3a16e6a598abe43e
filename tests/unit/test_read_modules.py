"""Sequelize's and TypeORM's migrations are read without running them."""

from __future__ import annotations

import pytest
from migration_cases import cases, judgement, sequelize, typeorm

from rollback.migrations import migrations
from rollback.verdicts import operations as to

SEQUELIZE, TYPEORM = cases("sequelize.js"), cases("typeorm.js")


@pytest.mark.parametrize("row", SEQUELIZE[1], ids=lambda row: row.body.splitlines()[0][:60])
def test_each_migration_of_sequelize_has_its_verdict(row):
    judged = judgement("sequelize", sequelize(SEQUELIZE[0], row.body))
    assert judged.verdict == row.reading, judged.why


@pytest.mark.parametrize("row", TYPEORM[1], ids=lambda row: row.body.splitlines()[0][:60])
def test_each_migration_of_typeorm_has_its_verdict(row):
    judged = judgement("typeorm", typeorm(TYPEORM[0], row.body))
    assert judged.verdict == row.reading, judged.why


def test_a_class_of_typeorm_is_its_name_and_its_timestamp_the_order():
    head = "import { MigrationInterface, QueryRunner } from 'typeorm';\n"
    body = "public async up(queryRunner: QueryRunner): Promise<void> { %s }"
    classes = {
        "migrations/b.ts": f"export class First1600000000000 implements MigrationInterface {{ {body} }}",
        "migrations/a.ts": "export class Other implements MigrationInterface {\n"
        f"  name = 'Second1700000000000'\n  {body} }}",
    }
    drop = 'await queryRunner.dropTable("post");'
    scripts = migrations["typeorm"].read(
        {path: head + text % drop for path, text in classes.items()}
    )
    assert [script.id for script in scripts] == ["First1600000000000", "Second1700000000000"]
    assert scripts[1].operations == (to.DropTable("post"),)


@pytest.mark.parametrize(
    "handler", ["await queryInterface.dropTable('b');", "if (again) { throw error; }"]
)
def test_a_catch_that_does_more_than_undo_is_unknown(handler):
    body = f"try {{ await queryInterface.addIndex('a', ['b']); }} catch (error) {{ {handler} }}\n"
    files = {"m/2.js": sequelize("", body)["migrations/2.js"]}
    assert judgement("sequelize", files).verdict == "unknown"
