"""The schema between two commits: real repositories, made by each test."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from rollback.detection.model import Migration as Folder
from rollback.flow import boot, schema
from rollback.migrations import migrations
from rollback.model import Move, Release, Target
from rollback.verdicts.operations import Opaque

pytestmark = pytest.mark.programs
WHO = ["-c", "user.name=Ana", "-c", "user.email=ana@example.com", "-c", "commit.gpgsign=false"]
DBMATE = [Folder("dbmate", "db/migrations", ())]


def git(project: Path, *words: str) -> str:
    return subprocess.run(
        ["git", *WHO, *words], cwd=project, check=True, capture_output=True, text=True
    ).stdout.strip()


def commit(project: Path, **files: str) -> str:
    """Commit files of db/migrations; "_1_a" is 1_a.sql, with this text."""
    if not (project / ".git").exists():
        git(project, "init", "-q")
    (project / "db/migrations").mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (project / f"db/migrations/{name.lstrip('_')}.sql").write_text(text)
    git(project, "add", "-A")
    git(project, "commit", "-q", "--allow-empty", "-m", "work")
    return git(project, "rev-parse", "HEAD")


def dbmate(up: str, down: str = "") -> str:
    return f"-- migrate:up\n{up}\n-- migrate:down\n{down}\n"


def move(old: str | None, new: str | None) -> Move:
    target = Target("demo", "app", "p", "shop", "w", False)
    return Move(target, Release("2", commit=new), Release("1", commit=old))


def databases(project: Path, moves: list[Move], folders: list[Folder]):
    rows = (schema.database(project, source) for source in schema.sources(moves, folders))
    return [row for row in rows if row]


def findings(
    project: Path,
    old: str | None,
    new: str | None,
    folders=DBMATE,
    accepted: str | None = None,
    reverses: bool = False,
):
    moves = [move(old, new)]
    rows = databases(project, moves, folders)
    return list(schema.findings(project, moves, folders, rows, schema.Choice(accepted, reverses)))


def test_a_dropped_column_blocks_and_says_what_the_old_code_would_meet(tmp_path):
    old = commit(tmp_path, _1_orders=dbmate("CREATE TABLE orders (id int, legacy text);"))
    new = commit(
        tmp_path,
        _2_drop=dbmate(
            "ALTER TABLE orders DROP COLUMN legacy;", "ALTER TABLE orders ADD legacy text;"
        ),
    )
    (finding,) = findings(tmp_path, old, new)
    assert (finding.level, finding.code) == ("blocker", "schema-breaks-old-code")
    assert "2: orders.legacy is gone" in finding.message
    assert "--accept-schema" in finding.fix and "--with-db" in finding.fix
    (finding,) = findings(tmp_path, old, new, reverses=True)
    assert "--with-db" not in finding.fix, "asked for, and it could not be done"


@pytest.mark.parametrize("key", ["grep.lineNumber", "grep.column", "grep.fullName"])
def test_settings_of_git_do_not_change_the_verdict(tmp_path, key):
    old = commit(tmp_path, _1_orders=dbmate("CREATE TABLE orders (id int, legacy text);"))
    new = commit(tmp_path, _2_legacy=dbmate("ALTER TABLE orders DROP COLUMN legacy;"))
    git(tmp_path, "config", key, "true")
    (database,) = databases(tmp_path, [move(old, new)], DBMATE)
    assert [row.verdict for row in database.migrations] == ["contract"]


def test_a_file_that_git_takes_for_binary_is_read(tmp_path):
    old = commit(tmp_path, _1_orders=dbmate("CREATE TABLE orders (id int, legacy text);"))
    (tmp_path / ".gitattributes").write_text("*.sql binary\n")
    new = commit(tmp_path, _2_legacy=dbmate("ALTER TABLE orders DROP COLUMN legacy;"))
    (database,) = databases(tmp_path, [move(old, new)], DBMATE)
    assert [row.verdict for row in database.migrations] == ["contract"]


def test_a_migration_that_looks_like_a_renamed_one_is_new(tmp_path):
    text = dbmate("ALTER TABLE orders DROP COLUMN legacy;")
    old = commit(
        tmp_path, _1_orders=dbmate("CREATE TABLE orders (id int, legacy text);"), _2_a=text
    )
    (tmp_path / "db/migrations/2_a.sql").unlink()
    new = commit(tmp_path, _3_b=text)
    (database,) = databases(tmp_path, [move(old, new)], DBMATE)
    assert [row.id for row in database.migrations] == ["3"]


def test_a_reason_makes_the_blocker_a_warning_that_names_it(tmp_path):
    old = commit(tmp_path)
    new = commit(tmp_path, _2_drop=dbmate("DROP TABLE legacy;"))
    (finding,) = findings(tmp_path, old, new, accepted="nothing reads it")
    assert (finding.level, finding.code) == ("warning", "schema-breaks-old-code")
    assert "nothing reads it" in finding.message


def test_additions_are_silent_and_listed_with_their_verdict(tmp_path):
    old = commit(tmp_path, _1_orders=dbmate("CREATE TABLE orders (id int);"))
    new = commit(
        tmp_path,
        _2_channel=dbmate("ALTER TABLE orders ADD channel text;"),
        _10_refunds=dbmate("CREATE TABLE refunds (id int);"),
    )
    assert findings(tmp_path, old, new) == []
    (database,) = databases(tmp_path, [move(old, new)], DBMATE)
    assert [(row.id, row.verdict) for row in database.migrations] == [
        ("10", "expand"),
        ("2", "expand"),
    ]
    assert (database.tool, database.where, database.engine) == (
        "dbmate",
        "db/migrations",
        "postgresql",
    )


def test_a_tightened_column_is_a_warning(tmp_path):
    old = commit(tmp_path, _1_orders=dbmate("CREATE TABLE orders (id int, note text);"))
    new = commit(tmp_path, _2_note=dbmate("ALTER TABLE orders ALTER note SET NOT NULL;"))
    (finding,) = findings(tmp_path, old, new)
    assert (finding.level, finding.code) == ("warning", "schema-tightened")


def test_the_old_type_decides_whether_a_new_one_is_narrower(tmp_path):
    old = commit(tmp_path, _1_orders=dbmate("CREATE TABLE orders (code varchar(10));"))
    wider = commit(tmp_path, _2_code=dbmate("ALTER TABLE orders ALTER code TYPE varchar(20);"))
    narrower = commit(tmp_path, _3_code=dbmate("ALTER TABLE orders ALTER code TYPE varchar(15);"))
    assert findings(tmp_path, old, wider) == []
    assert [finding.code for finding in findings(tmp_path, wider, narrower)] == ["schema-tightened"]


def test_the_down_section_is_not_judged(tmp_path):
    old = commit(tmp_path)
    new = commit(
        tmp_path,
        _1_orders=dbmate("CREATE TABLE orders (id int);", "DROP TABLE orders; this is not SQL"),
    )
    assert findings(tmp_path, old, new) == []


def test_a_migration_merged_late_with_an_older_number_counts(tmp_path):
    old = commit(tmp_path, _5_a=dbmate("CREATE TABLE a (id int);"))
    new = commit(tmp_path, _3_late=dbmate("DROP TABLE b;"))
    assert [finding.code for finding in findings(tmp_path, old, new)] == ["schema-breaks-old-code"]


@pytest.mark.parametrize(
    "up, what",
    [
        ("CREATE TABLE IF NOT EXISTS a (id int);", "a"),
        ("ALTER TABLE a ADD COLUMN IF NOT EXISTS b int;", "a.b"),
        ("ALTER TABLE a RENAME TO old_a; CREATE TABLE a (id int);", None),
        ("ALTER TABLE a DROP COLUMN b; ALTER TABLE a ADD COLUMN b text;", None),
    ],
)
def test_what_a_migration_makes_again_is_found(tmp_path, up, what):
    old = commit(tmp_path, _1_a=dbmate("CREATE TABLE a (id int, b int);"))
    new = commit(tmp_path, _2_a=dbmate(up))
    (source,) = schema.sources([move(old, new)], DBMATE)
    twice = schema.made_twice(tmp_path, source, "postgresql")
    assert twice == ({"db/migrations/2_a.sql": what} if what else {})


def test_an_edited_file_is_named(tmp_path):
    old = commit(tmp_path, _1_a=dbmate("CREATE TABLE a (id int);"))
    new = commit(tmp_path, _1_a=dbmate("CREATE TABLE a (id bigint);"))
    (finding,) = findings(tmp_path, old, new)
    assert (finding.level, finding.code) == ("warning", "edited-migration")
    assert "1_a.sql" in finding.message


@pytest.mark.parametrize("ends", [(None, None), ("0" * 40, "1" * 40)])
def test_commits_that_git_does_not_have_are_never_called_safe(tmp_path, ends):
    commit(tmp_path, _1_a=dbmate("CREATE TABLE a (id int);"))
    assert [finding.code for finding in findings(tmp_path, *ends)] == ["schema-unknown"]


def test_a_file_that_only_its_tool_can_read_blocks(tmp_path):
    old = commit(tmp_path)
    (tmp_path / "db/migrations/2_b.go").write_text("package migrations\n")
    new = commit(tmp_path)
    (finding,) = findings(tmp_path, old, new, [Folder("goose", "db/migrations", ())])
    assert (finding.level, finding.code) == ("blocker", "schema-breaks-old-code")
    assert "2: cannot be judged" in finding.message


@pytest.mark.parametrize(
    "tool, path, text",
    [
        (
            "flyway",
            "db/V3__move.java",
            "package db;\npublic class V3__move extends BaseJavaMigration {",
        ),
        ("goose", "db/3_move.go", "package migrations"),
        ("laravel", "db/3_move.php", "<?php\nreturn require 'other.php';"),
        ("liquibase", "db/3_move.groovy", "databaseChangeLog { changeSet(id: 1) {} }"),
    ],
)
def test_what_cannot_be_read_yet_is_unknown_and_other_files_are_no_migrations(tool, path, text):
    (script,) = migrations[tool].read({path: text, "db/README.md": "", "db/.gitkeep": ""})
    (operation,) = script.operations
    assert isinstance(operation, Opaque)


def test_hostile_names_and_texts_stay_text(tmp_path):
    old = commit(tmp_path)
    name = "7_$(touch PWNED)`x`\x1b[2J"
    new = commit(tmp_path, **{name: dbmate('DROP TABLE "a\x1b[2J</b>";')})
    (finding,) = findings(tmp_path, old, new)
    assert not set(finding.message) & set("\x1b<>`")
    assert not list(tmp_path.rglob("PWNED*"))


CHANGELOG = """databaseChangeLog:
- changeSet: {id: 1, author: ana, changes: [{createTable: {tableName: a, columns: [{column: {name: b, type: int}}]}}]}
"""
MORE = CHANGELOG + "- changeSet: {id: 2, author: ana, changes: [{dropTable: {tableName: a}}]}\n"


def test_a_changelog_that_grew_has_new_migrations_and_is_not_edited(tmp_path):
    commit(tmp_path)
    file = tmp_path / "db/migrations/all.yaml"
    file.write_text(CHANGELOG)
    old = commit(tmp_path)
    file.write_text(MORE)
    new = commit(tmp_path)
    (finding,) = findings(tmp_path, old, new, [Folder("liquibase", "db/migrations", ())])
    assert (finding.code, finding.level) == ("schema-breaks-old-code", "blocker")
    assert "2::ana: a is gone" in finding.message


def test_a_change_set_that_was_edited_is_named(tmp_path):
    commit(tmp_path)
    file = tmp_path / "db/migrations/all.yaml"
    file.write_text(MORE)
    old = commit(tmp_path)
    file.write_text(MORE.replace("type: int", "type: text"))
    new = commit(tmp_path)
    (finding,) = findings(tmp_path, old, new, [Folder("liquibase", "db/migrations", ())])
    assert finding.code == "edited-migration" and "all.yaml" in finding.message


def test_a_journal_that_lists_the_migrations_is_not_one_that_was_edited(tmp_path):
    commit(tmp_path, _1_a="CREATE TABLE a (id int);")
    journal = tmp_path / "db/migrations/meta/_journal.json"
    journal.parent.mkdir()
    journal.write_text("1")
    old = commit(tmp_path)
    journal.write_text("2")
    new = commit(tmp_path, _2_b="CREATE TABLE b (id int);")
    assert findings(tmp_path, old, new, [Folder("drizzle", "db/migrations", ())]) == []


def test_no_folder_of_migrations_says_nothing(tmp_path):
    old, new = commit(tmp_path), commit(tmp_path)
    assert findings(tmp_path, old, new, folders=[]) == []


@pytest.mark.parametrize(
    "tool, path, id",
    [
        ("dbmate", "db/migrations/20260101_a.sql", "20260101"),
        ("flyway", "sql/V2_1__add_cart.sql", "2.1"),
        ("flyway", "db/V3__move.java", "3"),
        ("flyway", "sql/R__view.sql", None),
        ("flyway", "sql/U2__undo.sql", None),
        ("golang-migrate", "m/0003_x.up.sql", "0003"),
        ("golang-migrate", "m/0003_x.down.sql", None),
        ("goose", "m/00002_x.sql", "00002"),
        ("prisma", "prisma/migrations/20260101_x/migration.sql", "20260101_x"),
        ("prisma", "prisma/migrations/migration_lock.toml", None),
        ("drizzle", "drizzle/0001_x.sql", "0001_x"),
        ("drizzle", "drizzle/20260101_x/migration.sql", "20260101_x"),
        ("drizzle", "drizzle/meta/_journal.json", None),
        ("sql-folders", "migrations/0002_x.sql", "0002"),
        ("sql-folders", "migrations/0002_x.up.sql", "0002"),
        ("sql-folders", "migrations/0002_x.down.sql", None),
        ("sql-folders", "migrations/0002-x/up.sql", "0002"),
        ("sql-folders", "migrations/0002-x/down.sql", None),
    ],
)
def test_ids_are_those_of_the_tools_own_table(tool, path, id):
    scripts = migrations[tool].read({path: ""})
    assert [script.id for script in scripts] == ([] if id is None else [id])


@pytest.mark.parametrize(
    "tool, text",
    [
        ("goose", "-- +goose Up\nDROP TABLE a;\n-- +goose Down\nnot SQL\n"),
        (
            "goose",
            "-- +goose Up\n-- +goose StatementBegin\nDROP TABLE a;\n-- +goose StatementEnd\n",
        ),
        ("dbmate", "-- migrate:up transaction:false\nDROP TABLE a;\n-- migrate:down\nnot SQL\n"),
        ("sql-folders", "# --- !Ups\nDROP TABLE a;\n# --- !Downs\nnot SQL\n"),
        ("sql-folders", "-- +migrate Up\nDROP TABLE a;\n-- +migrate Down\nnot SQL\n"),
        ("sql-folders", "DROP TABLE a;\n"),
    ],
)
def test_only_the_way_up_is_read(tool, text):
    (script,) = migrations[tool].read({"1_a.sql": text})
    (up,) = script.operations
    assert "DROP TABLE a;" in up.text
    assert "not SQL" not in up.text


ALEMBIC = "revision = {id!r}\ndown_revision = {down!r}\ndef upgrade():\n    {body}\n"


@pytest.mark.parametrize("accepted", [None, "starts without it"])
def test_an_old_release_that_cannot_start_on_the_newer_database_blocks(tmp_path, accepted):
    commit(tmp_path)
    (tmp_path / "Procfile").write_text("release: alembic upgrade head\nweb: gunicorn app\n")
    (tmp_path / "versions").mkdir()
    (tmp_path / "versions/a.py").write_text(ALEMBIC.format(id="a", down=None, body="pass"))
    old = commit(tmp_path)
    (tmp_path / "versions/b.py").write_text(ALEMBIC.format(id="b", down="a", body="pass"))
    new = commit(tmp_path)
    sources = schema.sources([move(old, new)], [Folder("alembic", "versions", ())])
    databases = [row for source in sources if (row := schema.database(tmp_path, source))]
    (finding,) = boot.findings(tmp_path, sources, databases, accepted)
    assert (finding.level, finding.code) == ("warning" if accepted else "blocker", "boot-migrates")
    assert "release of Procfile" in finding.message
    assert "b" in finding.message
    assert list(boot.findings(tmp_path, sources, [], accepted)) == []
