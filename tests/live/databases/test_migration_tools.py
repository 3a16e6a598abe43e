"""What is read from a migration file has the verdict of the SQL that its tool really runs on PostgreSQL."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
sys.path[:0] = [str(ROOT), str(ROOT / "tests/unit")]

import migration_cases  # noqa: E402

from rollback.migrations import migrations  # noqa: E402
from tests.parts import MIGRATION_TOOLS as TOOLS  # noqa: E402

BED = ROOT / "tests/live/beds/postgresql.sh"
DRIVERS = Path(__file__).parent / "drivers"
PYTHON = TOOLS / "python/bin/python"
COMMANDS = {
    "alembic": (PYTHON, DRIVERS / "alembic_rows.py"),
    "django": (PYTHON, DRIVERS / "django_rows.py"),
    "knex": ("node", DRIVERS / "knex_rows.js"),
    "laravel": ("php", DRIVERS / "laravel_rows.php"),
    "node-pg-migrate": ("node", DRIVERS / "node_pg_migrate_rows.js"),
    "sequelize": ("node", DRIVERS / "sequelize_rows.js"),
    "typeorm": ("node", DRIVERS / "typeorm_rows.js"),
    "rails": ("ruby", DRIVERS / "rails_rows.rb"),
}
MARK = "SELECT '@row'"
OWN_TABLES = re.compile(
    r"alembic_version|pgmigrations|django_migrations|django_content_type|knex_migrations|.migrations.|schema_migrations|ar_internal_metadata"
)
READING = re.compile(
    r"(?i)\s*(?:SELECT|SHOW|BEGIN|COMMIT|ROLLBACK|SAVEPOINT|RELEASE|SET)\b[^;]*;?\s*$"
)


@pytest.fixture(scope="module")
def server() -> Iterator[Path]:
    if not list(Path("/usr/lib/postgresql").glob("*/bin/initdb")) or os.geteuid() != 0:
        pytest.skip("needs root and PostgreSQL's server: tests/live/beds/postgresql.sh install")
    folder = tempfile.mkdtemp()  # not below pytest's folder, which other users cannot enter
    subprocess.run(["bash", BED, "start", folder], check=True, stdout=subprocess.DEVNULL)
    try:
        yield Path(folder)
    finally:
        subprocess.run(["bash", BED, "stop", folder], check=True, stdout=subprocess.DEVNULL)
        shutil.rmtree(folder)


def psql(server: Path, *statements: str) -> None:
    words = [word for statement in statements for word in ("-c", statement)]
    client = ["psql", "-X", "-q", "-h", server, "-U", "postgres", "-v", "ON_ERROR_STOP=1"]
    subprocess.run([*client, *words], check=True, stdout=subprocess.DEVNULL)


def run(server: Path, tool: str, files: list[dict[str, str]]) -> list[tuple[str, str]]:
    """Run each row by the tool; return the SQL of the migrations before it and its own."""
    rows = [{"files": row} for row in files]
    errors = started(server, tool, rows)
    assert [error for error in errors if error] == []
    return [seen(server, str(row["database"])) for row in rows]


def started(server: Path, tool: str, rows: list[dict[str, object]]) -> list[str | None]:
    """Run rows, each in a database of its own; return what the tool said against each."""
    if not shutil.which(COMMANDS[tool][0]):
        pytest.skip("needs tests/live/beds/migration_tools.sh install")
    settings = ("log_line_prefix = '@@%d '", "log_statement = 'all'")
    psql(server, *(f"ALTER SYSTEM SET {line}" for line in settings), "SELECT pg_reload_conf()")
    for number, row in enumerate(rows):
        row["database"] = f"{tool.replace('-', '_')}_{len(rows)}_{number}"
    psql(server, *(f"CREATE DATABASE {row['database']}" for row in rows))
    done = subprocess.run(
        COMMANDS[tool],
        input=json.dumps({"folder": str(server), "rows": rows}),
        capture_output=True,
        text=True,
        cwd=TOOLS,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def seen(server: Path, database: str) -> tuple[str, str]:
    entries = re.split(r"^@@", (server / "postgres.log").read_text(), flags=re.MULTILINE)
    statements = [
        match[1]
        for entry in entries
        if (
            match := re.match(
                rf"{database} LOG:  (?:statement|execute [^:]*): (.*)", entry, re.DOTALL
            )
        )
    ]
    marks = [place for place, text in enumerate(statements) if text.startswith(MARK)]
    assert len(marks) == 2
    parts = statements[marks[0] + 1 : marks[1]], statements[marks[1] + 1 :]
    return script(parts[0]), script(parts[1])


def script(statements: list[str]) -> str:
    changing = [
        text.strip()
        for text in statements
        if not READING.match(text) and not OWN_TABLES.search(text)
    ]
    return ";\n".join(changing)


def test_alembic(server):
    compare(server, "alembic", "alembic.py", migration_cases.alembic)


def test_django(server):
    compare(server, "django", "django.py", migration_cases.django)


def test_rails(server):
    compare(server, "rails", "rails.rb", migration_cases.rails)


def test_knex(server):
    compare(server, "knex", "knex.js", migration_cases.knex)


def test_node_pg_migrate(server):
    compare(server, "node-pg-migrate", "node_pg_migrate.js", migration_cases.node_pg_migrate)


def test_sequelize(server):
    compare(server, "sequelize", "sequelize.js", migration_cases.sequelize)


def test_typeorm(server):
    compare(server, "typeorm", "typeorm.js", migration_cases.typeorm)


def compare(server: Path, tool: str, name: str, written) -> None:
    before, rows = migration_cases.cases(name)
    ran = run(server, tool, [written(before, row.body) for row in rows])
    wrong = [
        (row.tool, verdict, row.body, sql)
        for row, (base, sql) in zip(rows, ran, strict=True)
        if (verdict := migration_cases.by_the_sql(base, sql)) != row.tool
    ]
    assert not wrong, "\n".join(map(str, wrong))


def test_laravel(server):
    compare(server, "laravel", "laravel.php", migration_cases.laravel)


def test_liquibase(tmp_path):
    """Liquibase prints the SQL of each change set for PostgreSQL; it needs no server for that."""
    before, rows = migration_cases.cases("liquibase.xml")
    files = [migration_cases.liquibase(before, row.body)["changelog/2.xml"] for row in rows]
    first = migration_cases.liquibase(before, "")["changelog/1.xml"]
    printed = liquibase_sql(tmp_path, [first, *files])
    wrong = [
        (row.tool, verdict, row.body, sql)
        for row, sql in zip(rows, printed[1:], strict=True)
        if (verdict := migration_cases.by_the_sql(printed[0], sql)) != row.tool
    ]
    assert not wrong, "\n".join(map(str, wrong))


def liquibase_sql(folder: Path, changelogs: list[str]) -> list[str]:
    home = TOOLS / "liquibase/node_modules/liquibase/dist/liquibase"
    if not home.exists() or not shutil.which("java"):
        pytest.skip("needs tests/live/beds/migration_tools.sh install")
    names = [f"{number}.xml" for number in range(len(changelogs))]
    for name, text in zip(names, changelogs, strict=True):
        (folder / name).write_text(text)
    included = "".join(f"  - include: {{file: {name}}}\n" for name in names)
    (folder / "all.yaml").write_text(f"databaseChangeLog:\n{included}")
    jars = ":".join(map(str, (home / "liquibase.jar", *(home / "lib").glob("*.jar"))))
    main = "liquibase.integration.commandline.LiquibaseCommandLine"
    words = ["--changeLogFile=all.yaml", "--url=offline:postgresql?outputLiquibaseSql=none"]
    done = subprocess.run(
        ["java", "-cp", jars, main, *words, "updateSQL"], cwd=folder, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    parts = re.split(r"^-- Changeset (\d+)\.xml::.*\n", done.stdout, flags=re.MULTILINE)
    printed = dict(zip(parts[1::2], parts[2::2], strict=True))
    return [printed[str(number)] for number in range(len(changelogs))]


@pytest.mark.parametrize(
    "tool, last, refusal",
    [
        ("alembic", "versions/2.py", "Can't locate revision identified by '2'"),
        ("knex", "migrations/2.js", "migration directory is corrupt"),
        ("node-pg-migrate", "migrations/1.js", "is preceding already run migration"),
    ],
)
def test_old_files_refuse_the_newer_database(server, tool, last, refusal):
    written = getattr(migration_cases, tool.replace("-", "_"))
    files = written("pass\n", "pass\n") if tool == "alembic" else written("", "")
    (error,) = started(server, tool, [{"files": files, "without": last}])
    assert refusal in str(error)
    assert migrations[tool].REFUSES_NEWER
