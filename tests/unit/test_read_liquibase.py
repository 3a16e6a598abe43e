"""Liquibase's changelogs are read without running them."""

from __future__ import annotations

import itertools
import json
import textwrap

import pytest
from migration_cases import cases, judgement, liquibase

from rollback.migrations import migrations
from rollback.verdicts import operations as to

BEFORE, ROWS = cases("liquibase.xml")
TOOL = "liquibase"
XML = (
    '<databaseChangeLog xmlns="http://www.liquibase.org/xml/ns/dbchangelog">{}</databaseChangeLog>'
)
SET = '<changeSet id="{}" author="ana">{}</changeSet>'
DROP = '<dropColumn tableName="a" columnName="b"/>'
DROPPED = (to.DropColumn("a", "b"),)


def scripts(files: dict[str, str]) -> list[tuple[str, str]]:
    return [(script.id, script.path) for script in migrations[TOOL].read(files)]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.body.splitlines()[0][:60])
def test_each_change_has_its_verdict(row):
    judged = judgement(TOOL, liquibase(BEFORE, row.body))
    assert judged.verdict == row.reading, judged.why


CHANGE = {"dropColumn": {"tableName": "a", "columnName": "b"}}
SETS = [{"changeSet": {"id": 1, "author": "ana", "changes": [CHANGE]}}]


@pytest.mark.parametrize(
    "name, text",
    [
        ("a.xml", XML.format(SET.format(1, DROP))),
        ("a.json", json.dumps({"databaseChangeLog": SETS})),
        (
            "a.yaml",
            textwrap.dedent("""\
            databaseChangeLog:
              - preConditions: [{runningAs: {username: liquibase}}]
              - changeSet:
                  id: 1
                  author: ana
                  preConditions: [{onFail: MARK_RAN}]
                  changes:
                    - dropColumn: {tableName: a, columnName: b}
                  rollback: [{addColumn: {tableName: a, columns: [{column: {name: b, type: int}}]}}]
            """),
        ),
        (
            "a.xml",
            XML.format(
                SET.format(1, f"<comment>x</comment>{DROP}<rollback><sql>not SQL</sql></rollback>")
            ),
        ),
    ],
)
def test_every_format_says_the_same(name, text):
    (script,) = migrations[TOOL].read({f"db/{name}": text})
    assert (script.id, script.operations) == ("1::ana", DROPPED)


def test_sql_with_comments_is_cut_into_change_sets_without_their_rollbacks():
    text = textwrap.dedent("""\
        --liquibase formatted sql
        --changeset ana:1 splitStatements:false
        --comment: x
        ALTER TABLE a DROP COLUMN b;
        --rollback ALTER TABLE a ADD COLUMN b int;
        /* liquibase rollback
          not SQL
        */
        --changeset "ana b":two
        CREATE TABLE c (id int);
        """)
    one, two = migrations[TOOL].read({"db/a.sql": text})
    assert (one.id, two.id) == ("1::ana", "two::ana b")
    (sql,) = one.operations
    assert isinstance(sql, to.Sql) and sql.text.strip() == "ALTER TABLE a DROP COLUMN b;"


def test_the_master_says_the_order():
    master = textwrap.dedent("""\
        databaseChangeLog:
          - include: {file: db/b.xml}
          - include: {file: a.xml, relativeToChangelogFile: true}
          - includeAll: {path: classpath/more/}
        """)
    files = {
        "db/master.yaml": master,
        "db/a.xml": XML.format(SET.format("a", DROP)),
        "db/b.xml": XML.format(SET.format("b", DROP)),
        "classpath/more/2.sql": "--liquibase formatted sql\n--changeset ana:d\nSELECT 1;",
        "classpath/more/1.sql": "SELECT 1;",
        "db/10.xml": XML.format(SET.format("f", DROP)),
        "db/9.xml": XML.format(SET.format("e", DROP)),
    }
    ids = [id.partition("::")[0] for id, _ in scripts(files)]
    assert ids == ["e", "f", "b", "a", "raw", "d"]


def test_a_file_that_includes_itself_is_read_once():
    text = XML.format('<include file="a.xml"/>' + SET.format(1, DROP))
    assert scripts({"db/a.xml": text}) == [("1::ana", "db/a.xml")]


def test_properties_are_filled_in_where_they_have_one_value():
    properties = {"t": ("a",), "c": ("int", "text")}
    own = "".join(
        f'<property name="{name}" value="{value}"/>'
        for name, values in properties.items()
        for value in values
    )
    column = '<addColumn tableName="a"><column name="x" type="${c}"/></addColumn>'
    changes = '<dropColumn tableName="${t}" columnName="b"/>' + column
    (script,) = migrations[TOOL].read({"db/a.xml": XML.format(own + SET.format(1, changes))})
    assert script.operations == (*DROPPED, to.AddColumn("a", to.Column("x", "")))


def test_a_file_of_sql_is_read_from_where_it_is_named():
    change = '<sqlFile path="sql/1.sql" relativeToChangelogFile="true"/><sqlFile path="gone.sql"/>'
    files = {"db/a.xml": XML.format(SET.format(1, change)), "db/sql/1.sql": "DROP TABLE a;"}
    (script,) = migrations[TOOL].read(files)
    assert script.operations == (to.Sql("DROP TABLE a;"), to.Opaque("sqlFile: no such text"))


@pytest.mark.parametrize(
    "text, what",
    [
        (XML.format(SET.format(1, '<customChange class="x"/>')), "customChange"),
        (XML.format(SET.format(1, "<modifySql/>")), "modifySql"),
        (XML.format(SET.format(1, '<dropTable tableName="${x}"/>')), "${x}"),
        (XML.format(SET.format(1, "<dropTable/>")), "tableName"),
        ("<databaseChangeLog>", "cannot be read"),
        ('<!DOCTYPE a [<!ENTITY b "c">]><databaseChangeLog/>', "cannot be read"),
    ],
)
def test_what_only_running_tells_is_unknown_and_named(text, what):
    (script,) = migrations[TOOL].read({"db/a.xml": text})
    assert [what in it.what for it in script.operations if isinstance(it, to.Opaque)] == [True]


def test_hostile_files_take_no_time():
    names = "abcdefghi"
    bomb = "".join(
        f"{name}: &{name} [{', '.join([f'*{inner}'] * 9)}]\n"
        for inner, name in itertools.pairwise(names)
    )
    sets = "{changeSet: {id: *i, author: *i, changes: *i}}"
    files = {
        "db/a.yaml": f"a: &a [1]\n{bomb}databaseChangeLog: [{sets}]",
        "db/b.yaml": "databaseChangeLog: " + "[" * 5000,
    }
    assert len(scripts(files)) == 2
