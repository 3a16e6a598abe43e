"""Knex's migrations are read without running them."""

from __future__ import annotations

import pytest
from migration_cases import cases, judgement, knex

from rollback.migrations import migrations
from rollback.verdicts import operations as to

BEFORE, ROWS = cases("knex.js")


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.body.splitlines()[0][:60])
def test_each_migration_has_its_verdict(row):
    judged = judgement("knex", knex(BEFORE, row.body))
    assert judged.verdict == row.reading, judged.why


DROP = 'return knex.schema.dropTable("orders")'


@pytest.mark.parametrize(
    "text",
    [
        f"exports.up = function (knex) {{ {DROP}; }};",
        'exports.up = (knex) => knex.schema.dropTable("orders");',
        'exports.up = knex => knex.schema.dropTable("orders")',
        f"module.exports = {{ async up(knex) {{ {DROP} }}, async down(knex) {{}} }};",
        f"module.exports = {{ up: async (knex) => {{ {DROP} }} }};",
        f"export async function up(knex: Knex): Promise<void> {{ {DROP}; }}",
        f"export const up = async (knex: Knex) => {{ {DROP}; }};",
        f"function up(knex) {{ {DROP}; }}\nmodule.exports = {{ up, down }};",
        f"async function up(db) {{ {DROP.replace('knex', 'db')} }}\nexport {{ up }};",
        f'import type {{ Knex }} from "knex";\nexport async function up(knex: Knex) {{ {DROP} }}',
        'exports.up = async (knex) => { await (knex.schema as any).dropTable("orders" as string) }',
    ],
)
def test_up_is_read_however_it_is_exported(text):
    (script,) = migrations["knex"].read({"migrations/1.ts": text, "migrations/index.ts": ""})
    assert script.operations == (to.DropTable("orders"),)


@pytest.mark.parametrize(
    "body, code",
    [
        ("knex.schema.dropTable(name)", "name"),
        ("knex.schema.alterTable('a', columns)", "made elsewhere"),
        ("knex.schema.alterTable('a', (t) => { t.invented('b') })", "t.invented('b')"),
        ("knex.schema.alterTable('a', (t) => { t.string('b').invented() })", "invented()"),
        ("knex.schema.alterTable('a', (t) => { other.dropColumn('b') })", "other.dropColumn"),
        ("knex.raw(fs.readFileSync('x.sql'))", "readFileSync"),
        ("knex.raw(`DROP TABLE ${name}`)", "${name}"),
        ("knex.transaction(async (trx) => {})", "knex.transaction"),
        ("knex('a').where(x).modify(change)", "modify"),
        ("knex.schema.invented('a')", "invented('a')"),
        ("helpers.move(knex)", "helpers.move(knex)"),
        ("knex.schema.dropTable(...names)", "...names"),
    ],
)
def test_what_only_running_would_tell_is_unknown(body, code):
    text = f"exports.up = async (knex) => {{\n  await {body};\n}};"
    judged = judgement("knex", {"migrations/1.js": text})
    assert judged.verdict == "unknown"
    assert code in judged.why


@pytest.mark.parametrize(
    "text", ["", "exports.down = () => {}", "exports.up = (", "\0", "(" * 9000]
)
def test_a_module_without_up_is_unknown(text):
    assert judgement("knex", {"migrations/1.js": text}).verdict == "unknown"


def test_the_id_is_the_file_name_as_in_the_tools_table():
    up = "exports.up = async (knex) => {};"
    files = {f"db/migrations/{name}": up for name in ("20_b.js", "10_a.ts", "types.d.ts", "x.md")}
    assert [script.id for script in migrations["knex"].read(files)] == ["10_a.ts", "20_b.js"]
