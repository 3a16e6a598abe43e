"""Database URLs in the spellings of the tools, and what an engine reads through them."""

from __future__ import annotations

import re
import sqlite3
from pathlib import Path

import pytest
from test_contracts import checked

from rollback.engines import engines, of, postgresql, sqlite
from rollback.errors import RollbackError, Unreadable, Usage
from rollback.reversal.component import CHANGE_SECONDS
from rollback.shell import Shell

SECRET = "p@ss:w/rd"
ENCODED = "p%40ss%3Aw%2Frd"


@pytest.fixture(autouse=True)
def no_variables_of_libpq(monkeypatch):
    for name in ("PGHOST", "PGPORT", "PGUSER", "PGDATABASE", "PGSSLMODE", "PGPASSWORD"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.programs
def test_every_engine_satisfies_its_protocol(tmp_path):
    done = checked(tmp_path, "Engine", "engines", tuple(engines.ids))
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("url", "parts"),
    [
        ("postgres://ana:{}@db:5433/shop", {"host": "db", "port": "5433"}),
        ("postgresql+asyncpg://ana:{}@db/shop", {"host": "db"}),
        ("postgresql+psycopg2://ana:{}@db/shop?sslmode=require", {"sslmode": "require"}),
        ("postgis://ana:{}@db/shop", {}),
        ("pgx5://ana:{}@db/shop", {}),
        ("jdbc:postgresql://db:5433/shop?user=ana&password={}", {"host": "db", "port": "5433"}),
        ("postgres://ana:{}@%2Fvar%2Frun/shop", {"host": "/var/run"}),
        ("postgres://ana:{}@/shop?host=/var/run", {"host": "/var/run"}),
        ("postgres://ana:{}@/shop?socket=/var/run", {"host": "/var/run"}),
        ("postgres://ana:{}@[::1]:5433/shop", {"host": "::1", "port": "5433"}),
        ("postgres://ana:{}@db1:1,db2:2/shop", {"host": "db1,db2", "port": "1,2"}),
        ("  postgres://ana:{}@db/shop\n", {"host": "db"}),
    ],
)
def test_the_spellings_of_postgresql(url, parts, monkeypatch, tmp_path):
    monkeypatch.setenv("SHOP_URL", url.format(ENCODED))
    id, engine = of(url.format(ENCODED), "SHOP_URL")
    address = engine.parse(url.format(ENCODED), "SHOP_URL", tmp_path)
    assert id == "postgresql"
    assert {"user": "ana", "dbname": "shop", **parts}.items() <= address.parts.items()
    assert postgresql.variables(address)["PGPASSWORD"] == SECRET
    assert SECRET not in repr(address) and ENCODED not in repr(address)


def test_keywords_are_a_spelling(monkeypatch, tmp_path):
    url = "host=db port=5433 user=ana password='p\\'w d' dbname=shop sslmode=disable"
    monkeypatch.setenv("SHOP_URL", url)
    id, engine = of(url, "SHOP_URL")
    address = engine.parse(url, "SHOP_URL", tmp_path)
    assert (id, address.parts["host"], address.parts["dbname"]) == ("postgresql", "db", "shop")
    assert postgresql.variables(address)["PGPASSWORD"] == "p'w d"


@pytest.mark.parametrize("raw", ["a@b", "a:b", "a/b", "a#b", "a&b", "a'b", "a$(id)b", "a`b"])
def test_a_password_that_is_not_encoded_is_taken_as_it_is(raw, monkeypatch, tmp_path):
    monkeypatch.setenv("SHOP_URL", f"postgres://ana:{raw}@db/shop")
    address = postgresql.parse(f"postgres://ana:{raw}@db/shop", "SHOP_URL", tmp_path)
    assert (address.parts["host"], address.parts["dbname"]) == ("db", "shop")
    assert postgresql.variables(address)["PGPASSWORD"] == raw


@pytest.mark.parametrize("url", ["postgres://ana:50%zz@db/shop", "postgres://ana:a?b@db/shop"])
def test_a_url_that_cannot_be_told_apart_is_refused_and_not_shown(url, tmp_path):
    with pytest.raises(Usage) as caught:
        postgresql.parse(url, "SHOP_URL", tmp_path)
    assert caught.value.code == "database-url"
    assert "SHOP_URL" in caught.value.message
    assert "50%" not in caught.value.message and "a?b" not in caught.value.message


@pytest.mark.parametrize(
    ("query", "schema"),
    [
        ("schema=sales", "sales"),
        ("currentSchema=sales", "sales"),
        ("search_path=sales,public", "sales,public"),
        ('search_path="$user",%20public', "$user,public"),
        ("options=-c%20search_path%3Dsales", "sales"),
        ("sslmode=disable", ""),
    ],
)
def test_the_schema_of_the_url(query, schema, tmp_path):
    assert postgresql.parse(f"postgres://db/shop?{query}", "U", tmp_path).schema == schema


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("sqlserver://sa:hunter22@db/shop", "engine-unsupported"),
        ("hunter22", "database-url"),
        ("", "database-url"),
    ],
)
def test_another_database_is_refused_without_its_password(url, code):
    with pytest.raises(Usage) as caught:
        of(url, "SHOP_URL")
    assert caught.value.code == code
    assert "hunter22" not in f"{caught.value.message}{caught.value.fix}"


# ---- SQLite -------------------------------------------------------------------------------


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    file = tmp_path / "db" / "shop.db"
    file.parent.mkdir()
    with sqlite3.connect(file) as connection:
        connection.execute("CREATE TABLE orders (id INTEGER PRIMARY KEY, note TEXT NOT NULL)")
        connection.execute("INSERT INTO orders VALUES (1, 'a'), (2, 'b')")
    return file


@pytest.mark.parametrize(
    "url",
    [
        "sqlite:db/shop.db",
        "sqlite3:db/shop.db",
        "sqlite:///db/shop.db",
        "sqlite+aiosqlite:///db/shop.db",
        "sqlite3://db/shop.db?x-no-tx-wrap=true",
        "file:./shop.db",
        "file:db/shop.db?mode=rwc",
        "jdbc:sqlite:db/shop.db",
        "sqlite:{}",
        "sqlite:///{}",
        "sqlite://{}",
    ],
)
def test_the_spellings_of_sqlite(url, shop, tmp_path):
    url = url.format(shop)
    id, engine = of(url, "SHOP_URL")
    assert (id, engine.parse(url, "SHOP_URL", tmp_path).parts["path"]) == ("sqlite", str(shop))


def test_a_path_that_may_mean_two_files_is_refused(shop, tmp_path):
    (tmp_path / "prisma" / "db").mkdir(parents=True)
    (tmp_path / "prisma" / "db" / "shop.db").write_bytes(b"")
    with pytest.raises(Usage, match="may mean"):
        sqlite.parse("file:db/shop.db", "SHOP_URL", tmp_path)


def test_a_file_that_is_missing_is_named(tmp_path):
    with pytest.raises(Usage, match=r"no such file: .*none\.db"):
        sqlite.parse("sqlite:none.db", "SHOP_URL", tmp_path)


def test_sqlite_is_read_and_cannot_be_written(shop, tmp_path):
    address, shell = sqlite.parse(f"sqlite:{shop}", "U", tmp_path), Shell(tmp_path)
    queries = ["SELECT count(*) AS n FROM orders", "SELECT note FROM orders ORDER BY id"]
    assert sqlite.read(address, queries, shell) == [[{"n": 2}], [{"note": "a"}, {"note": "b"}]]
    with pytest.raises(Unreadable, match="readonly"):
        sqlite.read(address, ["DELETE FROM orders"], shell)
    assert [(row["column"], row["nullable"]) for row in sqlite.columns(address, shell)] == [
        ("id", True),
        ("note", False),
    ]


def test_sqlite_stops_a_query_that_takes_too_long(shop, tmp_path):
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n"
    address = sqlite.parse(f"sqlite:{shop}", "U", tmp_path)
    with pytest.raises(RollbackError) as caught:
        sqlite.read(address, [endless], Shell(tmp_path), 0.2)
    assert caught.value.code == "database-slow"


def test_what_is_no_database_is_said_so(tmp_path):
    (tmp_path / "shop.db").write_text("this is text, and long enough to be read as a header\n" * 9)
    address = sqlite.parse("sqlite:shop.db", "U", tmp_path)
    with pytest.raises(Unreadable) as caught:
        sqlite.instance(address, Shell(tmp_path))
    assert caught.value.code == "database-unreachable"


def test_no_statement_of_postgresql_outlives_its_step(tmp_path):
    address = postgresql.parse("postgres://db/shop", "SHOP_URL", tmp_path)
    limits = dict(re.findall(r"SET LOCAL (\w+_timeout) = '(\d+)s'", postgresql.opening(address)))
    assert int(limits["statement_timeout"]) < CHANGE_SECONDS
    assert int(limits["idle_in_transaction_session_timeout"]) < CHANGE_SECONDS
