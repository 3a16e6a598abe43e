"""PostgreSQL is read through psql: with a password, read-only, in time, and nothing is shown."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

import pytest
from conftest import PASSWORD, Server

from rollback.engines import postgresql
from rollback.errors import Unreadable
from rollback.model import Address
from rollback.shell import Shell


@pytest.fixture
def address(server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Address:
    server.create("shop")
    return connect(server.url("shop"), monkeypatch, tmp_path)


def connect(url: str, monkeypatch: pytest.MonkeyPatch, project: Path) -> Address:
    monkeypatch.setenv("SHOP_URL", url)
    return postgresql.parse(url, "SHOP_URL", project)


def test_it_logs_in_with_an_odd_password(address, server, tmp_path):
    queries = ["SELECT current_user AS name", "SELECT 'a\nb' AS text, NULL AS nothing"]
    assert postgresql.read(address, queries, Shell(tmp_path)) == [
        [{"name": "shop"}],
        [{"text": "a\nb", "nothing": None}],
    ]


def test_the_instance_is_told_from_every_other_one(address, server, monkeypatch, tmp_path):
    server.create("other")
    shell = Shell(tmp_path)
    instance = postgresql.instance(address, shell)
    other = postgresql.instance(connect(server.url("other"), monkeypatch, tmp_path), shell)
    assert instance.identity != other.identity
    assert instance.identity.split("/")[0] == other.identity.split("/")[0]
    assert not instance.replica and instance.bytes > 1_000_000


def test_a_write_is_refused(address, server, tmp_path):
    server.sql("CREATE SEQUENCE numbers; ALTER SEQUENCE numbers OWNER TO shop", "shop")
    with pytest.raises(Unreadable, match="read-only"):
        postgresql.read(address, ["SELECT nextval('numbers')"], Shell(tmp_path))


def test_a_query_that_takes_too_long_is_stopped(address, tmp_path):
    began = time.monotonic()
    with pytest.raises(Unreadable) as caught:
        postgresql.read(address, ["SELECT pg_sleep(60)::text AS x"], Shell(tmp_path), 0.5)
    assert caught.value.code == "database-slow"
    assert time.monotonic() - began < 5


@pytest.mark.parametrize("password", ["wrong-password", ""])
def test_a_wrong_password_is_said_and_shown_nowhere(password, server, monkeypatch, tmp_path):
    server.create("shop")
    address = connect(server.url("shop", password), monkeypatch, tmp_path)
    with pytest.raises(Unreadable) as caught:
        postgresql.instance(address, Shell(tmp_path))
    assert caught.value.code == "database-unreachable"
    assert "SHOP_URL" in caught.value.fix and "password" in caught.value.fix
    assert not password or password not in caught.value.message


def test_a_server_that_does_not_answer(server, monkeypatch, tmp_path):
    url = "postgres://shop:hunter22@127.0.0.1:9/shop"
    with pytest.raises(Unreadable) as caught:
        postgresql.instance(connect(url, monkeypatch, tmp_path), Shell(tmp_path))
    assert caught.value.code == "database-unreachable"
    assert "hunter22" not in caught.value.message


def test_no_argument_of_a_program_holds_the_password(address, tmp_path):
    process = subprocess.Popen(
        ["sh", "-c", "for i in $(seq 200); do cat /proc/[0-9]*/cmdline; sleep 0.005; done"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    postgresql.read(address, ["SELECT pg_sleep(0.3)::text AS x"], Shell(tmp_path), 3)
    process.terminate()
    seen = process.communicate()[0]
    assert b"pg_sleep" in seen, "it was looked at while psql ran"
    assert PASSWORD.encode() not in seen


def test_the_schema_of_the_url_is_searched(server, monkeypatch, tmp_path):
    server.create("shop")
    server.sql("CREATE SCHEMA sales AUTHORIZATION shop; CREATE TABLE sales.orders (id int)", "shop")
    server.sql("GRANT SELECT ON sales.orders TO shop", "shop")
    address = connect(f"{server.url('shop')}?schema=sales", monkeypatch, tmp_path)
    assert [row["table"] for row in postgresql.columns(address, Shell(tmp_path))] == ["orders"]


CHANGING = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted"


def changing(address: Address, server: Server, *words: str) -> subprocess.Popen[str]:
    """A session that was opened for a change of the database."""
    psql = (
        "psql",
        "-X",
        "-q",
        "-A",
        "-t",
        "-h",
        str(server.folder),
        "-U",
        "postgres",
        "-d",
        "shop",
    )
    options = ("-1", "-v", "ON_ERROR_STOP=1", "-c", postgresql.opening(address))
    return subprocess.Popen([*psql, *options, *words], stdout=subprocess.PIPE, text=True)


def wait_for_locks(server: Server, number: int) -> None:
    until = time.monotonic() + 60
    while server.sql(CHANGING, "shop") != str(number):
        assert time.monotonic() < until
        time.sleep(0.2)


def test_the_server_ends_the_change_of_a_client_that_was_killed(address, server):
    client = changing(address, server, "-c", "SELECT pg_sleep(300)")
    wait_for_locks(server, 1)
    client.kill()
    client.communicate()
    wait_for_locks(server, 0)


def test_a_change_has_limits_in_the_server(address, server):
    names = ("statement_timeout", "idle_in_transaction_session_timeout", "lock_timeout")
    words = [word for name in names for word in ("-c", f"SHOW {name}")]
    assert changing(address, server, *words).communicate()[0].split() == ["590s", "30s", "5s"]


def test_nothing_is_proven_while_a_change_goes_on(address, server):
    client = changing(address, server, "-c", "SELECT pg_sleep(300)")
    wait_for_locks(server, 1)
    with pytest.raises(subprocess.CalledProcessError) as caught:
        server.sql(f"BEGIN READ ONLY; {postgresql.settled(address)}", "shop")
    assert "lock timeout" in caught.value.stderr
    client.kill()
    client.communicate()
    wait_for_locks(server, 0)
    assert not server.sql(f"BEGIN READ ONLY; {postgresql.settled(address)}", "shop")
