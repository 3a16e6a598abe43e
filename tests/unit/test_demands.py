"""What only tightens: which demands a release made, and how an engine drops one of them."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from rollback.database_contracts import Row
from rollback.engines import mysql, postgresql
from rollback.flow import relax_draft
from rollback.reversal import demanded, relaxed
from rollback.reversal.demanded import Wanted
from rollback.verdicts import dialect
from rollback.verdicts.schema import Schema

BEFORE = """
CREATE TABLE a (id int, b varchar(40), c text, n int NOT NULL, u int UNIQUE);
CREATE INDEX i ON a (b);
ALTER TABLE a ADD CONSTRAINT f FOREIGN KEY (id) REFERENCES z (id) ON DELETE CASCADE;
"""


def wanted(sql: str, engine: dialect.Engine = "mysql") -> list[Wanted] | None:
    older = Schema(dialect.read(BEFORE, engine))
    return demanded.wanted(dialect.read(sql, engine), older)


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


IN_THE_PLACE = [
    "ALTER TABLE a DROP CONSTRAINT f; ALTER TABLE a ADD CONSTRAINT f2 CHECK (id > 0);",
    "ALTER TABLE a ADD CONSTRAINT f2 CHECK (id > 0); ALTER TABLE a DROP CONSTRAINT f;",
    "ALTER TABLE a ADD CONSTRAINT f CHECK (id > 0);",
    "CREATE UNIQUE INDEX i ON a (id);",
    "CREATE TABLE IF NOT EXISTS a (id int); CREATE UNIQUE INDEX one ON a (id);",
    "ALTER TABLE a RENAME TO old; CREATE UNIQUE INDEX one ON old (id);",
    "DROP TABLE a; CREATE UNIQUE INDEX one ON other (id);",
    "ALTER TABLE a ADD COLUMN b text; CREATE UNIQUE INDEX one ON a (id);",
]


@pytest.mark.parametrize("sql", IN_THE_PLACE)
@pytest.mark.parametrize("engine", ["mysql", "postgresql"])
def test_what_took_the_place_of_something_older_cannot_only_be_dropped(sql, engine):
    assert wanted(sql, engine) is None


@pytest.mark.parametrize(
    ("sql", "engine"),
    [
        ("DROP INDEX i ON a; CREATE UNIQUE INDEX j ON a (b);", "mysql"),
        ("ALTER TABLE a DROP FOREIGN KEY f, ADD UNIQUE j (b);", "mysql"),
        ("ALTER TABLE a ADD UNIQUE (u), MODIFY b varchar(40) NOT NULL;", "mysql"),
        ("DROP INDEX i; CREATE UNIQUE INDEX j ON a (b);", "postgresql"),
        ("CREATE DOMAIN t AS text NOT NULL; ALTER TABLE a ADD t t;", "postgresql"),
        ("ALTER TABLE a ADD t int UNIQUE NULLS NOT DISTINCT;", "postgresql"),
    ],
)
def test_a_demand_that_no_statement_takes_away_alone_is_not_relaxed(sql, engine):
    assert wanted(sql, engine) is None


def test_what_is_dropped_of_a_new_table_is_no_loss():
    sql = "CREATE TABLE d (x int NOT NULL); CREATE INDEX k ON d (x); DROP INDEX k; "
    assert wanted(sql + "CREATE UNIQUE INDEX one ON a (b);", "postgresql") == [
        ("a", "unique index", "one", ("b",))
    ]


@pytest.mark.parametrize("null", ["", "ALTER TABLE a MODIFY n int; "])
def test_a_not_null_of_the_older_release_stays(null):
    again = "ALTER TABLE a MODIFY n int NOT NULL; ALTER TABLE a MODIFY c text NOT NULL;"
    assert wanted(null + again) == [("a", "not null", "c", ("c",))]


def test_a_unique_key_that_modify_adds_is_wanted():
    assert wanted("ALTER TABLE a MODIFY b varchar(40) UNIQUE;") == [
        ("a", "unique index", "b", ("b",))
    ]


def test_a_column_that_fills_itself_lets_no_row_pass():
    add = "ALTER TABLE a ADD COLUMN t int; CREATE UNIQUE INDEX one ON a (t);"
    assert wanted(add, "postgresql") == []
    filled = f"{add} ALTER TABLE a ALTER COLUMN t SET DEFAULT 1;"
    assert wanted(filled, "postgresql") == [("a", "unique index", "one", ("t",))]
    full = "ALTER TABLE a ADD t int, ADD CONSTRAINT g FOREIGN KEY (b, t) REFERENCES z "
    assert wanted(full, "postgresql") == []
    assert wanted(f"{full} MATCH FULL", "postgresql") == [("a", "foreign key", "g", ())]


def row(name: str, kind: str = "unique", columns: str = "b", table: str = "a") -> Row:
    names = {"table": table, "kind": kind, "name": name}
    return {**names, "columns": columns, "definition": "text"}


def found(one: Wanted, *rows: Row, known: tuple[str, ...] = ()) -> list[str] | None:
    every = relaxed.demands(mysql, [one], rows, [("a", name) for name in known])
    return None if every is None else [demand.label for demand in every]


UNIQUE = ("a", "unique index", "b", ("b",))  # as of ADD UNIQUE (b)
NULL = row("z", "nullable", "z")


def test_an_index_that_the_server_named_is_found_by_its_columns():
    assert found(UNIQUE, NULL, row("b_2")) == ["a unique b_2"]
    assert found(UNIQUE, row("b", columns="c"), row("b_2")) == ["a unique b_2"]
    assert found(UNIQUE, row("b"), row("b_2"), known=("b",)) == ["a unique b_2"]
    assert found(UNIQUE, row("b"), row("b_2")) is None, "which one came with the release?"
    assert found(UNIQUE, row("b"), row("e", columns="")) is None, "an expression may be the one"


def test_a_demand_counts_as_gone_only_where_no_other_may_be_it():
    given = ("a", "unique index", "one", ("b",))
    assert found(given, NULL) == found(given, row("two", columns="c")) == []
    assert found(given, row("two")) is None
    assert found(given, row("two"), known=("two",)) == []
    assert found(given, row("one", columns="c")) is None, "another index has its name"
    assert found(given) is None, "nothing of the table was seen"
    check = ("a", "check", "paid", ())
    assert found(check, NULL) == [] and found(check, row("other", "check", "")) is None


def test_a_column_of_a_primary_key_is_never_relaxed():
    null = ("a", "not null", "b", ("b",))
    assert found(null, row("b", "not null")) == ["a.b NOT NULL"]
    assert found(null, row("b", "primary key")) == found(null, row("b", "nullable")) == []
    assert found(null, row("c", "not null")) is None


ROW = {"table": "a", "kind": "not null", "name": "b", "columns": "b", "definition": "text"}


def last(sql: str) -> str:
    """Return the statement below that about the session."""
    session, statement = sql.split("\n")
    assert "STRICT_ALL_TABLES" in session and "foreign_key_checks = 1" in session
    return statement


def test_mysql_modifies_a_column_as_it_is():
    assert mysql.RELAXING
    comment = {**ROW, "definition": "text COMMENT '{null} NULL'"}
    down, up, there = mysql.RELAXING.statements(comment)
    assert (last(down), last(up)) == (
        "ALTER TABLE `a` MODIFY COLUMN `b` text COMMENT '{null} NULL' NULL",
        "ALTER TABLE `a` MODIFY COLUMN `b` text COMMENT '{null} NULL' NOT NULL",
    )
    assert "is_nullable = 'NO'" in there


def test_mysql_says_the_mode_again_when_a_run_goes_on():
    assert mysql.RELAXING
    down, *_ = mysql.RELAXING.statements(ROW)
    kinds = [line.split()[3] for line in mysql.script(down).splitlines() if "rollback: " in line]
    assert kinds == ["session", "again"]


@pytest.mark.parametrize(
    ("kind", "what"), [("unique", "INDEX"), ("foreign key", "FOREIGN KEY"), ("check", "CONSTRAINT")]
)
def test_mysql_drops_each_kind_by_its_name(kind, what):
    assert mysql.RELAXING
    down, up, _ = mysql.RELAXING.statements({**ROW, "kind": kind, "definition": "THAT"})
    assert (last(down), last(up)) == (
        f"ALTER TABLE `a` DROP {what} `b`",
        "ALTER TABLE `a` ADD THAT",
    )


def test_what_could_not_be_made_again_is_not_dropped():
    one = [("a", "not null", "b", ("b",))]
    for engine in (mysql, postgresql):
        assert relaxed.demands(engine, one, [ROW], [])
        assert relaxed.demands(engine, one, [{**ROW, "definition": None}], []) is None


def test_steps_of_alike_names_have_a_file_each():
    labels = ["order.item_id NOT NULL", "order_item.id NOT NULL", "order item.id NOT NULL"]
    changes = relax_draft.changes([relaxed.Demand(label, "", "", "") for label in labels])
    assert len({change.name for change in changes}) == 3


def test_a_program_that_is_missing_blocks_before_anything_is_relaxed():
    draft = relax_draft.RelaxDraft.__new__(relax_draft.RelaxDraft)
    engine = SimpleNamespace(PROGRAMS=("sh", "no-such-program"))
    draft.known, draft.answer = None, SimpleNamespace(engine=engine)
    (finding,) = draft.reversed([], 1).findings
    assert (finding.level, finding.code) == ("blocker", "tool-missing")
    assert finding.message.startswith("no-such-program is not on PATH")
