"""Alembic's revision files are read without running them."""

from __future__ import annotations

import pytest
from migration_cases import alembic, cases, judgement

from rollback.migrations import migrations

BEFORE, ROWS = cases("alembic.py")


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.body.splitlines()[0][:60])
def test_each_revision_has_its_verdict(row):
    judged = judgement("alembic", alembic(BEFORE, row.body))
    assert judged.verdict == row.reading, judged.why


def revision(id: str, down: str, body: str = "pass", more: str = "") -> str:
    return (
        f"from alembic import op\nrevision: str = {id!r}\ndown_revision = {down}\n{more}\n"
        f"def upgrade() -> None:\n    {body}\n"
    )


def test_the_order_is_that_of_the_revisions_and_not_of_the_names():
    files = {
        "v/a1_last.py": revision("a1", "('c3', 'd4')"),
        "v/b2_first.py": revision("b2", "None"),
        "v/c3.py": revision("c3", "'b2'"),
        "v/d4.py": revision("d4", "'b2'"),
        "v/__init__.py": "",
        "v/README": "",
    }
    scripts = migrations["alembic"].read(files)
    assert [script.id for script in scripts] == ["b2", "c3", "d4", "a1"]


def test_two_files_with_the_same_id_are_both_read():
    files = {name: revision("a1", "None") for name in ("v/a.py", "v/b.py")}
    assert len(migrations["alembic"].read(files)) == 2


@pytest.mark.parametrize(
    "body, line, code",
    [
        ("op.add_column('a', make_column())", 6, "make_column()"),
        ("op.drop_column(*WHAT)", 6, "op.drop_column(*WHAT)"),
        ("op.execute(open('x.sql').read())", 6, "open('x.sql')"),
        ("op.invented('a')", 6, "op.invented('a')"),
        ("return globals()['upgrade_a']()", 6, "globals()"),
        ("op.alter_column('a', 'b', nullable=NULLABLE)", 6, "NULLABLE"),
        ("op.alter_column('a', 'b', **rest)", 6, "**rest"),
    ],
)
def test_what_only_running_would_tell_is_unknown_and_names_its_line(body, line, code):
    judged = judgement("alembic", {"v/a.py": revision("a", "None", body)})
    assert judged.verdict == "unknown"
    assert f"line {line}: " in judged.why
    assert code in judged.why


def test_nothing_of_the_file_is_run(tmp_path):
    made = tmp_path / "made"
    code = f"open({str(made)!r}, 'w')"
    text = revision("a", "None", f"op.execute({code})", code)
    assert judgement("alembic", {"v/a.py": text}).verdict == "unknown"
    assert not made.exists()


@pytest.mark.parametrize(
    "text", ["revision = (", "down_revision = 1\nrevision = '\0'", "x = " + "(" * 9000]
)
def test_a_file_that_does_not_parse_is_unknown(text):
    assert judgement("alembic", {"v/a.py": text}).verdict == "unknown"


def test_constants_of_the_file_are_their_values():
    text = revision("a", "None", "op.drop_table(TABLE + '_old')", "TABLE = 'orders'")
    assert judgement("alembic", {"v/a.py": text}).why == "orders_old is gone"
