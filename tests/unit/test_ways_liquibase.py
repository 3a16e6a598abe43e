"""How Liquibase reverses a change set, read from every format."""

from __future__ import annotations

import pytest

from rollback.migrations import migrations
from rollback.migrations._computed import Computed
from rollback.migrations._native import Way
from rollback.verdicts import operations as to

XML = '<databaseChangeLog><changeSet id="1" author="a">{}</changeSet></databaseChangeLog>'
ADD = '<addColumn tableName="t"><column name="b" type="int"/></addColumn>'
DROP = '<dropColumn tableName="t" columnName="b"/>'


def ways(text: str, path: str = "db/log.xml") -> dict[str, Way]:
    native = migrations["liquibase"].NATIVE
    assert native and not isinstance(native, Computed)
    return dict(native.ways({path: text}))


def way(text: str, path: str = "db/log.xml") -> Way:
    return ways(text, path)["1::a"]


def test_it_takes_one_change_set_which_has_to_be_the_newest():
    read = way(XML.format(ADD))
    assert (read.down, read.newest) == (("liquibase", "rollback-count", "1"), True)
    assert read.up == ("liquibase", "update-count", "1")
    assert read.operations == (to.DropColumn("t", "b"),)


SQL = "--liquibase formatted sql\n--changeset a:1\nALTER TABLE t DROP b;\n"
JSON = '{{"databaseChangeLog": [{{"changeSet": {{"id": "1", "author": "a", {}}}}}]}}'


@pytest.mark.parametrize(
    ("text", "path"),
    [
        (XML.format(f"{DROP}<rollback>ALTER TABLE t ADD b int</rollback>"), "a.xml"),
        (SQL + "--rollback ALTER TABLE t ADD b int;", "a.sql"),
        (SQL + "-- rollback ALTER TABLE t\n-- rollback ADD b int;", "a.sql"),
        (SQL + "/* liquibase rollback\nALTER TABLE t ADD b int;\n*/", "a.sql"),
        (JSON.format('"changes": [], "rollback": "ALTER TABLE t ADD b int"'), "a.json"),
        (JSON.format('"changes": [{"rollback": [{"sql": "ALTER TABLE t ADD b int"}]}]'), "a.json"),
    ],
)
def test_sql_of_a_rollback_is_read(text, path):
    assert "ADD b int" in " ".join(str(it) for it in way(text, path).operations).replace("\\n", " ")


@pytest.mark.parametrize(
    "given", ['"rollback": [{}]', '"rollback": {}', '"changes": [{{"rollback": {}}}]']
)
def test_changes_of_a_rollback_are_read(given):
    change = '{"dropColumn": {"tableName": "t", "columnName": "b"}}'
    text = JSON.format(given.replace("{{", "{").replace("}}", "}").replace("{}", change, 1))
    assert way(text, "a.json").operations == (to.DropColumn("t", "b"),)
    xml = XML.format(f"{DROP}<rollback>{ADD}</rollback>")
    assert way(xml).operations == (to.AddColumn("t", to.Column("b", "integer")),)


@pytest.mark.parametrize(
    ("text", "path", "problem"),
    [
        (XML.format(DROP), "a.xml", "it has no rollback, and Liquibase derives none from dropCol"),
        (XML.format(f"{DROP}<rollback/>"), "a.xml", "its down is empty"),
        (XML.format("<setTableRemarks/>"), "a.xml", "derives none from setTableRemarks"),
        (SQL, "a.sql", "derives none from sql"),
        (SQL + "--rollback not required", "a.sql", "its down is empty"),
        (SQL + "--rollback empty", "a.sql", "its down is empty"),
        (SQL + "--rollback changesetId:1 changesetAuthor:b", "a.sql", "runs another change set"),
        (XML.format('<rollback changeSetId="0" changeSetAuthor="a"/>'), "a.xml", "runs another"),
        (SQL + SQL.partition("\n")[2], "a.sql", "two change sets have its id and author"),
    ],
)
def test_what_cannot_go_back_is_a_problem(text, path, problem):
    assert problem in way(text, path).problem


def test_an_id_without_its_author_is_another_change_set():
    text = SQL + "--rollback ALTER TABLE t ADD b int;\n--changeset b:1\nDROP TABLE t;\n"
    assert {id: bool(read.problem) for id, read in ways(text, "a.sql").items()} == {
        "1::a": False,
        "1::b": True,
    }
