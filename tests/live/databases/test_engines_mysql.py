"""MariaDB is read through its client, and by the functions of a script: by socket and over TCP."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path
from urllib.parse import quote

import pytest
from mariadb_server import MariaDB

from rollback.engines import mysql
from rollback.errors import Unreadable
from rollback.model import Address
from rollback.script.functions import FOLDER
from rollback.shell import Shell

ENCODED = quote(MariaDB.PASSWORD, safe="")
SPELLINGS = [
    "mysql://shop:{encoded}@127.0.0.1:{port}/shop",
    "mysql2://shop:{encoded}@localhost:{port}/shop?encoding=utf8mb4",
    "jdbc:mysql://localhost:{port}/shop?user=shop&password={encoded}",
    "shop:{raw}@tcp(localhost:{port})/shop?parseTime=true",
    "mysql://shop:{encoded}@tcp(127.0.0.1:{port})/shop",
    "shop:{raw}@unix({socket})/shop",
    "mysql+pymysql://shop:{encoded}@/shop?unix_socket={socket}",
]


@pytest.fixture
def address(mariadb: MariaDB, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Address:
    mariadb.create("shop")
    return connect(mariadb.url("shop"), monkeypatch, tmp_path)


def connect(url: str, monkeypatch: pytest.MonkeyPatch, project: Path) -> Address:
    monkeypatch.setenv("SHOP_URL", url)
    return mysql.parse(url, "SHOP_URL", project)


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_every_spelling_reaches_it_from_the_plan_and_from_a_script(
    spelling, mariadb, monkeypatch, tmp_path
):
    mariadb.create("shop")
    facts = {"encoded": ENCODED, "raw": MariaDB.PASSWORD, "port": mariadb.port}
    url = spelling.format(**facts, socket=mariadb.folder / "socket")
    address = connect(url, monkeypatch, tmp_path)
    query = "SELECT DATABASE() || ' ' || substring_index(user(), '@', 1) AS line"
    assert mysql.read(address, [query], Shell(tmp_path)) == [[{"line": "shop shop"}]]
    (tmp_path / "connection").write_bytes(mysql.connection(address))
    (tmp_path / "query.sql").write_text(f"{mysql.reading(address)}{query};\n")
    assert MariaDB.PASSWORD not in (tmp_path / "connection").read_text()
    functions = " ".join(f". {FOLDER / name};" for name in ("_urls.sh", "mysql.sh"))
    trim = "trim() { TRIMMED=$1; };"  # runner.sh's
    script = f"set -euo pipefail; {trim} {functions} mysql_read connection query.sql"
    done = subprocess.run(["bash", "-c", script], cwd=tmp_path, capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("shop shop\n", "")


def test_values_come_as_they_are(address, tmp_path):
    query = (
        "SELECT 'a\nb <c> & \"d\"' AS text, NULL AS nothing, 7 AS number, '007' AS id, '' AS empty"
    )
    ((row,),) = mysql.read(address, [query], Shell(tmp_path))
    wanted = {"text": 'a\nb <c> & "d"', "nothing": None, "number": 7, "id": "007", "empty": ""}
    assert row == wanted


def test_queries_without_rows_keep_their_place(address, tmp_path):
    queries = ["SELECT 1 AS x", "SELECT 2 AS x FROM dual WHERE 1 = 0", "SELECT 3 AS x"]
    assert mysql.read(address, queries, Shell(tmp_path)) == [[{"x": 1}], [], [{"x": 3}]]


def test_the_instance_is_told_from_every_other_one(address, mariadb, monkeypatch, tmp_path):
    mariadb.create("other")
    mariadb.sql("CREATE TABLE t (x INT)", "shop")
    shell = Shell(tmp_path)
    instance = mysql.instance(address, shell)
    other = mysql.instance(connect(mariadb.url("other"), monkeypatch, tmp_path), shell)
    assert instance.identity != other.identity
    assert instance.bytes > 0 and not instance.replica and "MariaDB" in instance.version


def test_a_write_is_refused(address, mariadb, tmp_path):
    mariadb.sql("CREATE TABLE t (x INT)", "shop")
    with pytest.raises(Unreadable, match="READ ONLY"):
        mysql.read(address, ["INSERT INTO t VALUES (1)"], Shell(tmp_path))


def test_a_query_that_takes_too_long_is_stopped(address, tmp_path):
    began = time.monotonic()
    with pytest.raises(Unreadable) as caught:
        mysql.read(address, ["SELECT SLEEP(60) AS x"], Shell(tmp_path), 0.5)
    assert caught.value.code == "database-slow"
    assert time.monotonic() - began < 6


@pytest.mark.parametrize("password", ["wrong-password", ""])
def test_a_wrong_password_is_reported_and_shown_nowhere(password, mariadb, monkeypatch, tmp_path):
    mariadb.create("shop")
    with pytest.raises(Unreadable) as caught:
        mysql.instance(
            connect(mariadb.url("shop", password), monkeypatch, tmp_path), Shell(tmp_path)
        )
    assert caught.value.code == "database-unreachable"
    assert "SHOP_URL" in caught.value.fix and "password" in caught.value.fix
    assert not password or password not in caught.value.message


def test_a_server_that_does_not_answer(monkeypatch, tmp_path):
    address = connect("mysql://shop:hunter22@127.0.0.1:9/shop", monkeypatch, tmp_path)
    with pytest.raises(Unreadable) as caught:
        mysql.instance(address, Shell(tmp_path))
    assert caught.value.code == "database-unreachable"
    assert "hunter22" not in caught.value.message
