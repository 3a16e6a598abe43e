"""Migrations tried on a real PostgreSQL: what they leave in a session, and what is compared."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from conftest import PASSWORD, Server

from rollback.engines import postgresql
from rollback.errors import Unreadable
from rollback.model import Address
from rollback.rehearsal import Act, Place, Played
from rollback.rehearsal import postgresql as rehearsal
from rollback.reversal import comparison
from rollback.shell import Shell


@pytest.fixture
def place(
    server: Server, scratch_server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Place:
    def address(variable: str, url: str) -> Address:
        monkeypatch.setenv(variable, url)
        return postgresql.parse(url, variable, tmp_path)

    server.create("shop")
    live = address("SHOP_URL", server.url("shop"))
    return Place(live, address("SCRATCH_URL", scratch_server.url("scratch")))


def played(place: Place, *texts: str) -> Played:
    return rehearsal.play([[Act(text[:20], text)] for text in texts], place, Shell(Path.cwd()))


def schemas(place: Place, *texts: str) -> list[dict[tuple[str, str], str]]:
    done = played(place, *texts)
    assert not done.failed, done.why
    return [comparison.catalogue(rows) for rows in done.catalogues]


def test_what_an_act_sets_changes_no_definition_and_reaches_no_other(place: Place) -> None:
    made = (
        "CREATE TABLE t (at timestamptz DEFAULT '2020-01-01 00:00+00', long interval DEFAULT '1 d',"
        " n float8 DEFAULT 0.1); CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1';"
        " CREATE VIEW v AS SELECT at, f() FROM t;"
    )
    left = (
        "SET TimeZone = 'Asia/Tokyo'; SET DateStyle = 'SQL, DMY'; SET IntervalStyle = iso_8601;"
        " SET quote_all_identifiers = on; SET extra_float_digits = -5; SET search_path = '';"
        " SET standard_conforming_strings = off; SET statement_timeout = 1;"
    )
    first, second, third = schemas(place, made, left, "CREATE TABLE u (a text DEFAULT 'a\\b')")
    assert first == second
    assert comparison.others(second, third) == [("column", "public.u.a"), ("table", "public.u")]
    assert third["column", "public.u.a"] == r"text DEFAULT 'a\b'::text"


def test_names_and_times_are_read_as_in_a_session_of_the_live_database(
    place: Place, server: Server
) -> None:
    server.sql("CREATE SCHEMA app AUTHORIZATION shop", "shop")
    server.sql("ALTER DATABASE shop SET search_path = app, public, pg_catalog")
    server.sql("ALTER DATABASE shop SET TimeZone = 'Asia/Tokyo'")
    server.sql("ALTER ROLE shop SET quote_all_identifiers = on")
    text = "CREATE TABLE t (at timestamptz DEFAULT '2020-01-01 09:00')"
    (tried,) = schemas(place, text)
    server.sql(f"SET ROLE shop; SET search_path = app; SET TimeZone = 'Asia/Tokyo'; {text}", "shop")
    live = comparison.catalogue(rehearsal.catalogue(place.live, Shell(Path.cwd())))
    server.sql("ALTER ROLE shop RESET quote_all_identifiers")
    assert tried == live
    assert "00:00:00+00" in tried["column", "app.t.at"]


def test_one_transaction_for_all_is_no_fault_of_a_down(place: Place) -> None:
    kind = "CREATE TYPE kind AS ENUM ('a'); CREATE TABLE t (k kind);"
    new = "ALTER TYPE kind ADD VALUE 'b';"
    raised = "DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '{}'; END $$"
    for failing in ("INSERT INTO t VALUES ('b')", raised.format("57014"), raised.format("53200")):
        done = played(place, kind, new, failing)
        assert done.failed and len(done.catalogues) == 2 and not done.certain, done.why
    (last,) = schemas(
        place,
        "CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE c (p int REFERENCES p DEFERRABLE"
        " INITIALLY DEFERRED); INSERT INTO c VALUES (1); INSERT INTO p VALUES (1);",
        "ALTER TABLE c ADD COLUMN x int; INSERT INTO c VALUES (2); INSERT INTO p VALUES (2);",
    )[-1:]
    assert ("column", "public.c.x") in last
    done = played(place, kind, "DROP TABLE nowhere")
    assert done.failed and done.certain and done.why == 'table "nowhere" does not exist'


def test_nothing_runs_on_the_server_of_the_live_database(place: Place) -> None:
    evil = [[Act("it", "COPY nowhere FROM PROGRAM 'true'")]]
    with pytest.raises(Unreadable, match="this is the server of the database"):
        rehearsal.play(evil, Place(place.live, place.live), Shell(Path.cwd()))


def test_texts_with_other_line_breaks_are_read(place: Place) -> None:
    (tried,) = schemas(place, "CREATE TABLE t (a text DEFAULT 'x\u2028y\u0085z')")
    assert "\u2028" in tried["column", "public.t.a"]


LIES = [
    ("CREATE POLICY p ON t USING (true)", "CREATE POLICY p ON t AS RESTRICTIVE USING (true)"),
    ("CREATE POLICY p ON t USING (true)", "CREATE POLICY p ON t TO shop USING (true)"),
    ("SELECT 1", "ALTER TABLE t FORCE ROW LEVEL SECURITY"),
    ("CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
     "CREATE FUNCTION f() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1'"),
    ("CREATE PROCEDURE f() LANGUAGE sql AS 'SELECT 1'",
     "CREATE PROCEDURE f() LANGUAGE sql AS 'SELECT 2'"),
    ("SELECT 1", "ALTER TABLE t DISABLE TRIGGER g"),
    ("CREATE VIEW v AS SELECT a FROM t", "CREATE VIEW v WITH (security_barrier) AS SELECT a FROM t"),
    ("SELECT 1", "CREATE RULE r AS ON DELETE TO t DO INSTEAD NOTHING"),
    ("CREATE TYPE y AS (a int)", "CREATE TYPE y AS (a text)"),
    ("SELECT 1", "CREATE SCHEMA more"),
]  # fmt: skip


def test_a_lie_about_whatever_is_compared_is_seen(place: Place) -> None:
    base = (
        "CREATE TABLE t (a int); CREATE FUNCTION g() RETURNS trigger LANGUAGE plpgsql AS"
        " 'BEGIN RETURN NEW; END'; CREATE TRIGGER g BEFORE INSERT ON t FOR EACH ROW"
        " EXECUTE FUNCTION g();"
    )
    for honest, lie in LIES:
        assert schemas(place, base, honest)[-1] != schemas(place, base, lie)[-1], lie


def run(server: Server, address: Address, script: str) -> subprocess.CompletedProcess[str]:
    words = (
        "psql",
        "-X",
        "-q",
        "-A",
        "-t",
        "-1",
        "-v",
        "ON_ERROR_STOP=1",
        "-h",
        str(server.folder),
    )
    return subprocess.run(
        [*words, "-U", "shop", "-d", "shop", "-f", "-"],
        input=script,
        capture_output=True,
        text=True,
        env={"PGPASSWORD": PASSWORD, "PATH": "/usr/bin:/bin"},
    )


def test_the_look_in_the_run_waits_for_no_table_that_is_not_expected(
    place: Place, server: Server
) -> None:
    text = "CREATE TABLE t (a int DEFAULT 1); CREATE TABLE other (a int, CHECK (a > 0));"
    server.sql(f"SET ROLE shop; {text} CREATE INDEX other_a ON other (a)", "shop")
    rows = rehearsal.catalogue(place.live, Shell(Path.cwd()))
    ours = [row for row in rows if "other" not in row["name"]]
    holder = subprocess.Popen(
        ["psql", "-X", "-q", "-h", str(server.folder), "-U", "postgres", "-d", "shop"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert holder.stdin and holder.stdout
    try:
        holder.stdin.write("BEGIN; LOCK TABLE other; SELECT 'locked';\n")
        holder.stdin.flush()
        while "locked" not in holder.stdout.readline():
            pass
        first = "SET LOCAL lock_timeout = '300ms';\nSET LOCAL search_path = public;\n"
        done = run(server, place.live, f"{first}{rehearsal.as_expected(ours)}SHOW search_path;")
        assert done.returncode == 0, done.stderr
        assert done.stdout == "public\n", "triggers that wait for the end find their tables"
        done = run(server, place.live, f"{first}{rehearsal.as_expected(rows)}")
        assert "not compared" in done.stderr and "locked" in done.stderr, done.stderr
    finally:
        holder.stdin.close()
        holder.wait()
    gone = [{**row, "definition": "int"} for row in ours if row["name"] == "public.t.a"]
    assert "public.t.a is integer" in run(server, place.live, rehearsal.as_expected(gone)).stderr
