"""Migrations in the language of their tool, with the verdict that each deserves."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path
from typing import NamedTuple

from rollback.migrations import migrations
from rollback.verdicts import dialect
from rollback.verdicts.judge import judge
from rollback.verdicts.operations import Opaque
from rollback.verdicts.rules import Judgement, worst
from rollback.verdicts.schema import Schema

FOLDER = Path(__file__).parents[1] / "cases/migrations"
_HEAD = r"^(?:#|//) (before|(\w+)(?: by reading, (\w+) by the tool)?)\n"


class Row(NamedTuple):
    """`reading` is the verdict from the file, `tool` that of the SQL which the tool runs."""

    reading: str
    tool: str
    body: str


def cases(name: str) -> tuple[str, list[Row]]:
    """Return what the migrations before it did, and the rows."""
    parts = re.split(_HEAD, (FOLDER / f"{name}.txt").read_text(), flags=re.MULTILINE)
    before, rows = "", []
    for head, reading, tool, body in zip(*(parts[place::4] for place in (1, 2, 3, 4)), strict=True):
        if head == "before":
            before = body
        else:
            rows.append(Row(reading, tool or reading, body))
    return before, rows


def judgement(tool: str, files: dict[str, str]) -> Judgement:
    """Judge the last of these files for code that knows the schema of the others."""
    *before, last = migrations[tool].read(files)
    schema = Schema(
        operation
        for script in before
        for operation in dialect.resolve(script.operations, "postgresql")
    )
    unread = [it for script in before for it in script.operations if isinstance(it, Opaque)]
    assert unread == []
    (judged,) = judge([dialect.resolve(last.operations, "postgresql")], schema)
    return worst(judged)


def by_the_sql(before: str, sql: str) -> str:
    """Return the verdict of what a tool itself would run."""
    schema = Schema(dialect.read(before, "postgresql"))
    (judged,) = judge([dialect.read(sql, "postgresql")], schema)
    return worst(judged).verdict


def alembic(before: str, body: str) -> dict[str, str]:
    """Return two revision files."""
    head = "from alembic import op\nimport sqlalchemy as sa\n"
    texts = {"1": (None, before), "2": ("1", body)}
    return {
        f"versions/{id}.py": f"{head}\nrevision = {id!r}\ndown_revision = {down!r}\n\n"
        f"def upgrade():\n{textwrap.indent(text, '    ')}"
        for id, (down, text) in texts.items()
    }


def django(before: str, body: str) -> dict[str, str]:
    """Return two migrations of an application named shop."""
    head = """
from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models

def forwards(apps, schema_editor):
    apps.get_model("shop", "Tag").objects.using(schema_editor.connection.alias).create(name="ska")

def nothing(apps, schema_editor):
    pass

class Migration(migrations.Migration):
    dependencies = [{dependencies}]
    operations = [
{operations}
    ]
"""
    texts = {"0001_initial": ("", before), "0002_next": ("('shop', '0001_initial')", body)}
    return {
        f"shop/migrations/{id}.py": head.format(
            dependencies=needed, operations=textwrap.indent(text, " " * 8)
        )
        for id, (needed, text) in texts.items()
    }


def rails(before: str, body: str) -> dict[str, str]:
    """Return two migration classes."""
    return {
        f"db/migrate/{number}_{name.lower()}.rb": f"class {name} < ActiveRecord::Migration[6.1]\n"
        f"  def change\n{textwrap.indent(text, '    ')}  end\nend\n"
        for number, name, text in ((1, "First", before), (2, "Second", body))
    }


def knex(before: str, body: str) -> dict[str, str]:
    """Return two migration modules."""
    return {
        f"migrations/{number}.js": "exports.up = async function (knex) {\n"
        f"{textwrap.indent(text, '  ')}}};\nexports.down = async (knex) => {{}};\n"
        for number, text in ((1, before), (2, body))
    }


def sequelize(before: str, body: str) -> dict[str, str]:
    """Return two migration modules."""
    return {
        f"migrations/{number}.js": "module.exports = {\n"
        f"  async up(queryInterface, Sequelize) {{\n{textwrap.indent(text, '    ')}  }},\n"
        "  async down() {},\n};\n"
        for number, text in ((1, before), (2, body))
    }


def typeorm(before: str, body: str) -> dict[str, str]:
    """Return two migration classes."""
    return {
        f"migrations/{number}.js": f"module.exports = class Change{number}00000000000{number} {{\n"
        f"  async up(queryRunner) {{\n{textwrap.indent(text, '    ')}  }}\n"
        "  async down(queryRunner) {}\n};\n"
        for number, text in ((1, before), (2, body))
    }


def node_pg_migrate(before: str, body: str) -> dict[str, str]:
    """Return two migration modules."""
    return {
        f"migrations/{number}.js": "exports.up = async (pgm) => {\n"
        f"{textwrap.indent(text, '  ')}}};\nexports.down = false;\n"
        for number, text in ((1, before), (2, body))
    }


def liquibase(before: str, body: str) -> dict[str, str]:
    """Return two changelogs."""
    space = "http://www.liquibase.org/xml/ns/dbchangelog"
    head = (
        f'<databaseChangeLog xmlns="{space}" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
        f' xsi:schemaLocation="{space} {space}/dbchangelog-4.1.xsd">'
    )
    return {
        f"changelog/{number}.xml": f'{head}<changeSet id="{number}" author="ana">\n{text}'
        "</changeSet></databaseChangeLog>\n"
        for number, text in ((1, before), (2, body))
    }


def laravel(before: str, body: str) -> dict[str, str]:
    """Return two migration classes."""
    uses = "".join(
        f"use Illuminate\\{name};\n"
        for name in (
            "Database\\Migrations\\Migration",
            "Database\\Schema\\Blueprint",
            "Support\\Facades\\DB",
            "Support\\Facades\\Schema",
        )
    )
    return {
        f"database/migrations/{number}_next.php": f"<?php\n\n{uses}\n"
        "return new class extends Migration\n{\n    public function up(): void\n    {\n"
        f"{textwrap.indent(text, ' ' * 8)}    }}\n}};\n"
        for number, text in ((1, before), (2, body))
    }
