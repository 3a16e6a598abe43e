"""Drizzle Kit: migrations by their journal, the snapshots of two releases, rows of its table."""

from __future__ import annotations

import json

import pytest

from rollback.engines import sqlite
from rollback.flow import released
from rollback.migrations import migrations
from rollback.migrations._computed import Computed
from rollback.reversal import applied, files
from rollback.reversal.sql import Statements

TOOL = migrations["drizzle"]
FIRST, SECOND = "db/0000_orders.sql", "db/0001_channel.sql"
ADD = "ALTER TABLE a ADD b text;--> statement-breakpoint\nALTER TABLE a ADD c text;"


def journal(*tags: str) -> str:
    entries = [{"tag": tag, "when": 1000 + at} for at, tag in enumerate(tags)]
    return json.dumps({"entries": entries})


OLD = {"db/meta/_journal.json": journal("0000_orders"), FIRST: "CREATE TABLE a (id int);"}
NEW = {**OLD, "db/meta/_journal.json": journal("0000_orders", "0001_channel"), SECOND: ADD}


def test_ids_have_the_time_by_which_the_table_knows_them_in_the_order_of_the_journal():
    texts = {**NEW, "db/meta/_journal.json": journal("0001_channel", "0000_orders")}
    assert [script.id for script in TOOL.read(texts)] == [
        "0001_channel (1000)",
        "0000_orders (1001)",
    ]
    assert TOOL.TABLE and TOOL.TABLE.key("0001_channel (1000)") == "1000"
    assert TOOL.TABLE.key(1000) == "1000"


def test_a_file_that_the_journal_does_not_list_is_no_migration():
    texts = {**NEW, "db/0002_by_hand.sql": "DROP TABLE a;", "db/0001_channel.down.sql": "SELECT 1;"}
    assert [script.path for script in TOOL.read(texts)] == [FIRST, SECOND]


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"entries": [{"tag": 1}]}', '{"entries": 3}'])
def test_a_broken_journal_lists_nothing(text):
    assert TOOL.read({**NEW, "db/meta/_journal.json": text}) == []


def test_what_came_is_listed_by_the_journal_of_the_newer_release():
    changed = {"db/meta/_journal.json"}
    older, came = released.split(TOOL, OLD, NEW, {SECOND}, changed)
    assert [script.id for script in older] == ["0000_orders (1000)"]
    assert [script.id for script in came] == ["0001_channel (1001)"]


@pytest.mark.parametrize(
    ("path", "beside"),
    [(SECOND, "db/0001_channel.down.sql"), ("db/2026_a/migration.sql", "db/2026_a/down.sql")],
)
def test_a_down_that_a_person_wrote_lies_beside_its_migration(path, beside):
    assert TOOL.down(path, {path: ADD}) is None
    assert TOOL.down(path, {path: ADD, beside: "DROP A;--> statement-breakpoint\nDROP B;"}) == (
        "DROP A;\n\nDROP B;"
    )


@pytest.mark.parametrize(
    ("text", "sql"),
    [
        ("DROP A--> statement-breakpoint\nDROP B", "DROP A;\n\nDROP B;"),
        ("DROP A -- of B;\n--> statement-breakpoint\nDROP B;", "DROP A -- of B;\n;\n\nDROP B;"),
        ("DROP A; -- of B\n--> statement-breakpoint\n", "DROP A; -- of B\n\n\n"),
        ("-- by hand\n--> statement-breakpoint\nDROP B;", "-- by hand\n\n\nDROP B;"),
        ("SELECT ' -- ;'--> statement-breakpoint\nDROP B;", "SELECT ' -- ;'\n;\n\nDROP B;"),
        ("SELECT $a$ ; $a$--> statement-breakpoint\nDROP B;", "SELECT $a$ ; $a$;\n\nDROP B;"),
        ("/*\nDROP A;\n--> statement-breakpoint\nDROP B;\n*/", "/*\nDROP A;\n\n\nDROP B;\n*/;"),
    ],
)
def test_a_statement_that_only_a_mark_ends_gets_a_semicolon(text, sql):
    (script,) = TOOL.read({SECOND: text})
    assert files.text_of([script]) == sql


def given(new: dict[str, str], old: dict[str, str]) -> str | None:
    assert isinstance(TOOL.NATIVE, Computed)
    return TOOL.NATIVE.given("db", new, old)


def test_a_down_is_computed_from_the_snapshot_of_the_last_migration_of_each_release():
    older = {**OLD, "db/meta/0000_snapshot.json": '{"id": 0}'}
    newer = {**NEW, "db/meta/0000_snapshot.json": '{"id": 0}', "db/meta/0001_snapshot.json": "[1]"}
    assert json.loads(given(newer, older) or "") == {"new": [1], "old": {"id": 0}}
    assert given({**newer, "db/meta/0001_snapshot.json": "{"}, older) is None
    assert given(newer, {}) is None


def test_rows_go_by_the_number_and_lines_say_the_name():
    assert TOOL.TABLE
    at = applied.place(sqlite, TOOL.TABLE, None, None)
    statements = Statements(sqlite, at)
    id = "0001_channel (1001)"
    assert "= '1001'" in statements.applied(id) and "'1001'" in statements.others([id])
    assert "= '1001'" in statements.remove(id, None)
    (line,) = statements.lines([id])
    assert "'0001_channel (1001) '" in line


def test_its_table_is_in_a_schema_of_its_own_on_postgresql_only():
    assert TOOL.TABLE and dict(TOOL.TABLE.schemas) == {"postgresql": "drizzle"}
