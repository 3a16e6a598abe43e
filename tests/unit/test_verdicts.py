"""The verdict of each statement in tests/cases/verdicts; SQLite itself confirms its rows."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest
from verdict_cases import cases

from rollback.verdicts import dialect
from rollback.verdicts.judge import judge
from rollback.verdicts.rules import worst
from rollback.verdicts.schema import Schema

ENGINES = ("postgresql", "mysql", "sqlite")
ROWS = [(engine, *row) for engine in ENGINES for row in cases(engine).rows]
SQLITE = cases("sqlite")


def verdict(engine: str, before: str, statements: str) -> str:
    schema = Schema(dialect.read(before, engine))
    (judgements,) = judge([dialect.read(statements, engine)], schema)
    return worst(judgements).verdict


@pytest.mark.parametrize("engine, expected, statements", ROWS)
def test_each_statement_has_its_verdict(engine, expected, statements):
    assert verdict(engine, cases(engine).schema, statements) == expected


def refusals(statements: str) -> list[str]:
    """What SQLite says against the old code after these statements."""
    refused = []
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as database:
        database.executescript(SQLITE.schema)
        database.executescript(statements)
        for statement in SQLITE.old_code:
            try:
                database.execute(statement)
            except sqlite3.Error as error:
                refused.append(str(error))
    return refused


@pytest.mark.parametrize(
    "expected, statements", [row for row in SQLITE.rows if row[0] != "unknown"]
)
def test_sqlite_agrees(expected, statements):
    assert bool(refusals(statements)) == (expected in ("tightened", "contract"))


def test_migrations_of_one_release_are_judged_together():
    before = Schema()
    first, second = "CREATE TABLE refunds (id int);", "ALTER TABLE refunds ADD why text NOT NULL;"
    judged = judge([dialect.read(sql, "postgresql") for sql in (first, second)], before)
    assert [worst(judgements).verdict for judgements in judged] == ["expand", "expand"]


@pytest.mark.parametrize(
    "engine, text",
    [
        ("postgresql", "CREATE TABLE a (id serial PRIMARY KEY, at timestamptz);"),
        ("mysql", "CREATE TABLE `a` (id int AUTO_INCREMENT PRIMARY KEY) ENGINE=InnoDB;"),
        (
            "sqlite",
            "CREATE TABLE a (id integer PRIMARY KEY AUTOINCREMENT); PRAGMA foreign_keys = ON;",
        ),
    ],
)
def test_the_dialect_is_known_by_what_parses(engine, text):
    assert dialect.guess([text]) == engine


def test_indexes_of_two_mysql_tables_may_share_a_name():
    before = "CREATE TABLE a (x int, UNIQUE KEY code (x)); CREATE TABLE b (x int, KEY code (x));"
    assert verdict("mysql", before, "DROP INDEX code ON b;") == "expand"
    assert verdict("mysql", before, "ALTER TABLE a DROP INDEX code;") == "contract"


@pytest.mark.parametrize(
    "before, after, expected",
    [
        ("int unsigned", "bigint", "expand"),
        ("int(10) unsigned", "bigint(20) unsigned", "expand"),
        ("int unsigned", "int", "tightened"),
        ("int", "bigint unsigned", "tightened"),  # no negative numbers
        ("text", "longtext", "expand"),
        ("longtext", "text", "tightened"),
        ("varchar(300)", "tinytext", "tightened"),
    ],
)
def test_mysql_types_that_hold_more_or_less(before, after, expected):
    table, change = f"CREATE TABLE t (c {before});", f"ALTER TABLE t MODIFY c {after};"
    assert verdict("mysql", table, change) == expected


def test_a_statement_too_deep_for_the_parser_is_unknown():
    assert verdict("postgresql", "", "SELECT " + "(" * 20000 + "1" + ")" * 20000) == "unknown"
