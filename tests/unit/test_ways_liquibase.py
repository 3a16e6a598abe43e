"""How Liquibase reverses a change set, read from every format."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

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
    assert read.newest
    assert (read.down[4], read.up[4]) == ("rollback-count", "update-count")
    assert read.operations == (to.DropColumn("t", "b"),)


STUB = """#!/bin/sh
case $1 in *-sql) printf '%s' "$NEXT" ;; *) echo "$*" >>ran ;; esac
"""
DOWN = "-- Rolling Back ChangeSet: {}\nALTER TABLE t DROP b;\n"


def run(words: tuple[str, ...], printed: str, folder: Path) -> tuple[int, str]:
    """Run a command with a Liquibase whose dry run prints this; return its status and errors."""
    program = folder / "liquibase"
    program.write_text(STUB)
    program.chmod(0o755)
    environment = {"PATH": f"{folder}:{os.environ['PATH']}", "NEXT": printed}
    done = subprocess.run(words, cwd=folder, env=environment, capture_output=True, text=True)
    return done.returncode, done.stderr


@pytest.mark.programs
@pytest.mark.parametrize(
    "name",
    [
        "src/db/log.xml::1::a",
        "db/log.xml::1::a",
        "classpath:/db/log.xml::1::a\r",
        "/srv/app/src/db/log.xml::1::a",
    ],
)
def test_the_change_set_that_the_dry_run_names_is_taken(name, tmp_path):
    read = way(XML.format(ADD), "src/db/log.xml")
    assert run(read.down, DOWN.format(name), tmp_path) == (0, "")
    assert run(read.up, f"-- Changeset {name}\nALTER TABLE t ADD b int;\n", tmp_path) == (0, "")
    assert (tmp_path / "ran").read_text() == "rollback-count 1\nupdate-count 1\n"


@pytest.mark.programs
@pytest.mark.parametrize(
    "printed",
    [
        "",
        DOWN.format("db/log.xml::2::a"),
        DOWN.format("db/other.xml::1::a"),
        DOWN.format("db/log.xml::1::b"),
        DOWN.format("log.xml::1::a $(touch ran)"),
        DOWN.format("db/log.xml::1::a") + DOWN.format("db/log.xml::0::a"),
        "-- Changeset db/log.xml::1::a\n",
    ],
)
def test_nothing_runs_where_the_dry_run_names_another_change_set(printed, tmp_path):
    status, why = run(way(XML.format(ADD)).down, printed, tmp_path)
    assert status == 1 and "not db/log.xml::1::a: nothing was run" in why
    assert not (tmp_path / "ran").exists()


@pytest.mark.programs
def test_a_logical_path_takes_the_place_of_the_file(tmp_path):
    logical = XML.replace("<databaseChangeLog>", '<databaseChangeLog logicalFilePath="v1">')
    read = way(logical.format(ADD))
    assert run(read.down, DOWN.format("v1::1::a"), tmp_path) == (0, "")


@pytest.mark.programs
def test_what_is_not_applied_is_listed_without_the_url(tmp_path):
    url = "2 change sets have not been applied to shop@jdbc:postgresql://h/shop?password=x::y::z"
    read = way(XML.format(ADD))
    program = tmp_path / "liquibase"
    program.write_text(f"#!/bin/sh\necho '{url}\n     db/log.xml::my seed::ana b\n'")
    program.chmod(0o755)
    environment = {"PATH": f"{tmp_path}:{os.environ['PATH']}"}
    listed = subprocess.run(read.unapplied, env=environment, capture_output=True, text=True)
    assert (listed.returncode, listed.stdout) == (0, "my seed::ana b\n")


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
