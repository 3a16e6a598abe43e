"""Whether a tool that takes the newest migration takes the right one."""

from __future__ import annotations

import sqlite3

import pytest

from rollback.engines import sqlite
from rollback.migrations import migrations
from rollback.reversal import applied
from rollback.reversal.sql import Statements
from rollback.reversal.turns import Turns

FILES = ["a", "b", "c", "d"]


@pytest.mark.parametrize(
    ("table", "rows", "unapplied", "problems"),
    [
        ("abcd", "dc", "", ["", ""]),
        ("abdc", "d", "", ["c was applied after it, and stays"]),
        ("abc", "c", "d", [""]),
        ("abd", "d", "c", ["a restore would apply c in its place, which is not applied"]),
        ("abd", "d", "x", ["a restore would apply x in its place, which is not applied"]),
        ("abc", "c", "c", ["its tool does not count it as applied: the table has it under"]),
        ("abdc", "cd", "", ["", "a restore would apply c in its place, which is not applied"]),
    ],
)
def test_the_turn_of_each(table, rows, unapplied, problems):
    turns = Turns(FILES, list(table), list(rows), list(unapplied))
    for id, problem in zip(rows, problems, strict=True):
        assert turns.problem(id).startswith(problem) and bool(problem) == bool(turns.problem(id))


def test_a_tool_that_applies_by_name_needs_no_turn_for_that():
    assert Turns((), list("abdc"), list("cd"), ()).problem("d") == ""


def test_what_was_applied_at_a_later_time_is_newer_whatever_its_number():
    at = applied.place(sqlite, migrations["liquibase"].TABLE, None, None)
    with sqlite3.connect(":memory:") as connection:
        connection.execute(
            "CREATE TABLE databasechangelog (id, author, dateexecuted, orderexecuted)"
        )
        connection.execute(
            "INSERT INTO databasechangelog VALUES ('1', 'a', '12:00', 1), ('2', 'a', '11:00', 2)"
        )
        ((fine,),) = connection.execute(Statements(sqlite, at).is_newest("1::a"))
        ((why,),) = connection.execute(Statements(sqlite, at).is_newest("2::a"))
    assert fine == "" and "2::a is not the newest one" in why
