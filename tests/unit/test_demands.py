"""What only tightens: which demands a release made, and how an engine drops one of them."""

from __future__ import annotations

import pytest

from rollback.engines import mysql
from rollback.reversal import relaxed
from rollback.verdicts import dialect
from rollback.verdicts.schema import Schema

BEFORE = "CREATE TABLE a (id int, b varchar(40), c text);"


def wanted(sql: str) -> list[relaxed.Wanted] | None:
    before = Schema(dialect.read(BEFORE, "mysql"))
    return relaxed.wanted(list(relaxed.tightening(dialect.read(sql, "mysql"), before)))


@pytest.mark.parametrize(
    "sql",
    [
        "ALTER TABLE a MODIFY b varchar(40) NOT NULL;",
        "ALTER TABLE a MODIFY b varchar(80) NOT NULL;",
        "ALTER TABLE a MODIFY b varchar(80); ALTER TABLE a MODIFY b varchar(80) NOT NULL;",
    ],
)
def test_a_type_as_wide_as_before_takes_nothing_away(sql):
    assert wanted(sql) == [("a", "not null", "b", ("b",))]


@pytest.mark.parametrize(
    "sql",
    [
        "ALTER TABLE a MODIFY b varchar(20) NOT NULL;",
        "ALTER TABLE a MODIFY other varchar(40) NOT NULL;",
        "ALTER TABLE a MODIFY b varchar(80); ALTER TABLE a MODIFY b varchar(40) NOT NULL;",
    ],
)
def test_a_type_that_may_be_narrower_has_no_statement_that_takes_it_away(sql):
    assert wanted(sql) is None


ROW = {"table": "a", "kind": "not null", "name": "b", "columns": "b", "definition": "text {null}"}


def test_mysql_modifies_a_column_as_it_is():
    down, up, there = mysql.RELAXING.statements(ROW) if mysql.RELAXING else ("", "", "")
    assert (down, up) == (
        "ALTER TABLE `a` MODIFY COLUMN `b` text NULL",
        "ALTER TABLE `a` MODIFY COLUMN `b` text NOT NULL",
    )
    assert "is_nullable = 'NO'" in there


@pytest.mark.parametrize(
    ("kind", "what"), [("unique", "INDEX"), ("foreign key", "FOREIGN KEY"), ("check", "CONSTRAINT")]
)
def test_mysql_drops_each_kind_by_its_name(kind, what):
    assert mysql.RELAXING
    down, up, _ = mysql.RELAXING.statements({**ROW, "kind": kind, "definition": "THAT"})
    assert (down, up) == (f"ALTER TABLE `a` DROP {what} `b`", "ALTER TABLE `a` ADD THAT")


def test_what_could_not_be_made_again_is_not_dropped():
    one = [("a", "not null", "b", ("b",))]
    assert relaxed.demands(mysql, one, [ROW])
    assert relaxed.demands(mysql, one, [{**ROW, "definition": None}]) is None
