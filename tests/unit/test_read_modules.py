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


UP = "async up(q) { await q.query(`DELETE FROM role WHERE name = 'legacy'`); }"


@pytest.mark.parametrize(
    ("text", "id"),
    [
        (f"export class A1 {{ {UP} }}", "A1"),
        (f"module.exports = class A1 {{ {UP} name = 'B2'; }}", "B2"),
        (f"export class A1 {{ readonly name: string = 'B2' as const; {UP} }}", "B2"),
        (f"const n = 'B2'; export class A1 {{ name = n; {UP} }}", "B2"),
        (f"class A1 {{ constructor() {{ this.name = 'B2'; }} {UP} }}; exports.A1 = A1;", "B2"),
        (f"class Helper {{ name = 'C3'; }} export class A1 {{ {UP} }}", "A1"),
        (f"// a class which has name = 'C3'\nexport class A1 {{ {UP} }}", "A1"),
        ("export class A1 { up = async (q) => { const name = 'C3'; }; }", "A1"),
        (f"export class A1 {{ {UP[:-1]} const o = {{ name: 'C3' }}; o.name = 'C3'; }} }}", "A1"),
    ],
)
def test_a_name_in_the_sql_of_a_class_of_typeorm_is_not_its_own(text, id):
    (script,) = migrations["typeorm"].read({"migrations/1-a.ts": text})
    assert script.id == id


@pytest.mark.parametrize(
    "handler", ["await queryInterface.dropTable('b');", "if (again) { throw error; }"]
)
def test_a_catch_that_does_more_than_undo_is_unknown(handler):
    body = f"try {{ await queryInterface.addIndex('a', ['b']); }} catch (error) {{ {handler} }}\n"
    files = {"m/2.js": sequelize("", body)["migrations/2.js"]}
    assert judgement("sequelize", files).verdict == "unknown"
