"""The SQL of PostgreSQL that is tried: what is left out of it, and what is never run."""

from __future__ import annotations

import pytest

from rollback.engines import postgresql
from rollback.errors import Unreadable
from rollback.model import Address
from rollback.rehearsal import _postgresql_sql
from rollback.rehearsal import postgresql as rehearsal
from rollback.shell import Answer

ADDRESS = Address("postgresql", "SHOP_URL", "shop", "shop at db", {})


def test_concurrently_and_lines_of_psql_go_where_they_are_no_text():
    sql = "\\restrict x\nCREATE INDEX CONCURRENTLY i ON t (a);\n\\unrestrict x\n"
    assert _postgresql_sql.tried(sql) == "\nCREATE INDEX  i ON t (a);\n\n"
    for text in (
        "SELECT 'not CONCURRENTLY\n\\q\n';",
        "CREATE FUNCTION f() RETURNS void AS $$ REINDEX TABLE CONCURRENTLY t;\n\\x $$;",
        "DO $a$ BEGIN EXECUTE $b$ CONCURRENTLY $b$; END $a$;",
        "SELECT E'it\\'s CONCURRENTLY', 'it''s CONCURRENTLY' AS \"CONCURRENTLY\";",
        "-- CONCURRENTLY isn't\n/* it's CONCURRENTLY */ SELECT 1;",
    ):
        assert _postgresql_sql.tried(text) == text


@pytest.mark.parametrize(
    "sql",
    [
        "COPY t FROM PROGRAM 'curl x';",
        "copy (SELECT 1) TO '/tmp/x';",
        "COPY (SELECT ';') TO PROGRAM 'curl x';",
        "CREATE FUNCTION f() RETURNS void LANGUAGE plpython3u AS 'import os';",
        "COPY t (a) FROM E'/etc/passwd';",
        "SELECT pg_drop_replication_slot('a');",
        "DO $$ BEGIN PERFORM pg_terminate_backend(1); END $$;",
        "SELECT dblink_exec('host=live', 'DROP TABLE x');",
        "SELECT lo_export(1, '/tmp/x');",
        "CREATE\n SERVER other FOREIGN DATA WRAPPER postgres_fdw;",
        "ALTER SYSTEM SET work_mem = 1;",
        "SELECT 1 AS \"a--b\", E'it\\'s --', pg_reload_conf();",
        "SELECT pg_reload_conf();",
    ],
)
def test_what_no_rollback_takes_back_is_refused(sql):
    assert rehearsal.refusal(sql)


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE TABLE t (copy text); INSERT INTO t SELECT 'x' FROM s;",
        "-- pg_terminate_backend\nSELECT 1;",
        "COPY t FROM stdin;",
        "CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $$ BEGIN RETURN 1; END $$;",
        "CREATE TABLE servers (id int);",
    ],
)
def test_plain_sql_is_not_refused(sql):
    assert rehearsal.refusal(sql) == ""


def test_what_is_no_json_is_an_error_with_a_fix():
    with pytest.raises(Unreadable, match="no JSON"):
        postgresql.rows(ADDRESS, Answer((0, "[1]\nhello\n", "")), "")
    rows = postgresql.rows(ADDRESS, Answer((0, '[{"a": "x\u2028\x85y"}]\n', "")), "")
    assert rows == [[{"a": "x\u2028\x85y"}]]


def test_a_table_that_somebody_has_locked_is_told_from_a_refusal():
    why = "psql:<stdin>:5: ERROR:  canceling statement due to lock timeout"
    with pytest.raises(Unreadable) as caught:
        postgresql.rows(ADDRESS, Answer((3, "", why)), "")
    assert caught.value.code == "database-slow" and "what blocks it" in caught.value.fix


def test_a_text_ends_its_own_quotes_nowhere():
    row = {"kind": "function", "name": "f()", "definition": "AS $rollback0$ SELECT 1 $rollback0$"}
    assert "DO $rollback1$" in rehearsal.as_expected([row])
