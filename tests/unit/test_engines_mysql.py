"""MySQL: URLs in the spellings of the tools, statements one by one, and what shows their effect."""

from __future__ import annotations

import pytest

from rollback.engines import _mysql_script as script
from rollback.engines import mysql, of
from rollback.errors import Usage

SECRET = "p@ss:w/rd"
ENCODED = "p%40ss%3Aw%2Frd"
TCP = {"host": "db", "port": "3307"}


@pytest.mark.parametrize(
    ("url", "parts"),
    [
        ("mysql://ana:{}@db:3307/shop", TCP),
        ("mysql2://ana:{}@db/shop?encoding=utf8mb4", {"host": "db"}),
        ("mysql+pymysql://ana:{}@db:3307/shop?charset=utf8mb4", TCP),
        ("mysql+mysqldb://ana:{}@/shop?unix_socket=/run/m.sock", {"socket": "/run/m.sock"}),
        ("mariadb+mariadbconnector://ana:{}@db:3307/shop", TCP),
        ("mariadb://ana:{}@db/shop", {"host": "db"}),
        ("jdbc:mysql://db:3307/shop?user=ana&password={}&useSSL=false", {**TCP, "tls": "DISABLED"}),
        ("jdbc:mariadb://ana:{}@db:3307/shop", TCP),
        ("mysql://ana:{}@localhost/shop?socket=%2Frun%2Fm.sock", {"socket": "/run/m.sock"}),
        ("mysql://ana:{}@[::1]:3307/shop", {"host": "::1", "port": "3307"}),
        ("mysql://ana:{}@tcp(db:3307)/shop?x-migrations-table=m", TCP),
        ("mysql://ana:{}@unix(/run/m.sock)/shop", {"socket": "/run/m.sock"}),
        ("mysql://ana:{}@db/shop?ssl-mode=REQUIRED&ssl_ca=/ca.pem", {"tls": "REQUIRED", "ssl-ca": "/ca.pem"}),
        ("  mysql://ana:{}@db/shop\n", {"host": "db"}),
    ],
)  # fmt: skip
def test_the_spellings_of_mysql(url, parts, monkeypatch, tmp_path):
    read_as(url.format(ENCODED), parts, monkeypatch, tmp_path)


@pytest.mark.parametrize(
    ("url", "parts"),
    [
        ("ana:{}@tcp(db:3307)/shop?parseTime=true", TCP),
        ("ana:{}@unix(/run/m.sock)/shop", {"socket": "/run/m.sock"}),
        ("ana:{}@tcp([::1]:3307)/shop", {"host": "::1", "port": "3307"}),
        ("ana:{}@/shop?tls=skip-verify", {"tls": "REQUIRED"}),
    ],
)
def test_in_a_dsn_of_go_nothing_is_encoded(url, parts, monkeypatch, tmp_path):
    read_as(url.format(SECRET), parts, monkeypatch, tmp_path)


def read_as(url, parts, monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("SHOP_URL", url)
    id, engine = of(url, "SHOP_URL")
    address = engine.parse(url, "SHOP_URL", tmp_path)
    assert id == "mysql"
    assert {"user": "ana", "database": "shop", **parts}.items() <= address.parts.items()
    assert mysql.variables(address)["MYSQL_PWD"] == SECRET
    assert SECRET not in repr(address) and ENCODED not in repr(address)


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("mysql://ana:hunter22@db/", "names no database"),
        ("mysql://ana:hunter22@db1,db2/shop", "several hosts"),
        ("mysql://ana:50%zz@db/shop", "a % that encodes nothing"),
    ],
)
def test_a_url_that_cannot_be_used_is_refused_and_not_shown(url, why, tmp_path):
    with pytest.raises(Usage, match=why) as caught:
        mysql.parse(url, "SHOP_URL", tmp_path)
    assert caught.value.code == "database-url"
    assert "hunter22" not in caught.value.message and "50%" not in caught.value.message


def test_a_url_of_another_engine_is_no_dsn():
    assert of("postgres://ana:p@tcp(db)/shop", "U")[0] == "postgresql"
    assert of("sqlite:shop.db", "U")[0] == "sqlite"


# ---- statements ---------------------------------------------------------------------------


def test_statements_end_where_the_server_would_end_them():
    sql = """-- a comment; with a semicolon
    INSERT INTO t VALUES ('a;b', "c;d", 'it''s', 'back\\';'); # more; text
    /* none; here */ ;
    UPDATE `odd;name` SET x = 1 -- at the end; really
    """
    first, second = script.statements(sql)
    assert first.endswith("VALUES ('a;b', \"c;d\", 'it''s', 'back\\';')")
    assert second.endswith("UPDATE `odd;name` SET x = 1 -- at the end; really")


@pytest.mark.parametrize(
    ("sql", "why"),
    [
        ("CREATE TRIGGER t BEFORE INSERT ON o FOR EACH ROW BEGIN SET NEW.a = 1; END;", "stored"),
        ("UPDATE t SET x = 'never ends;", "quote"),
        ("USE other; DROP TABLE t;", "USE"),
        ("LOCK TABLES t WRITE; DROP TABLE t; UNLOCK TABLES;", "LOCK"),
        ("DELIMITER $$\nDROP TABLE t $$", "DELIMITER"),
        ("DROP TABLE t;\n-- rollback: 7 again\nDROP TABLE u;", "begins with"),
    ],
)
def test_what_cannot_run_statement_by_statement_is_refused(sql, why):
    assert why in script.refusal(sql)


def test_plain_statements_are_not_refused():
    assert script.refusal("UPDATE t SET x = 'BEGIN; it''s \\' USE'; DROP TABLE t; -- don't") == ""


@pytest.mark.parametrize(
    ("statement", "kind"),
    [
        ("ALTER TABLE t DROP COLUMN a", "look"),
        ("RENAME TABLE t TO u", "look"),
        ("CREATE INDEX i ON t (a)", "look"),
        ("ALTER TABLE t DROP FOREIGN KEY f", "look"),
        ("DROP VIEW v", "look"),
        ("ALTER TABLE t MODIFY a VARCHAR(20) NOT NULL", "again"),
        ("SET foreign_key_checks = 0", "session"),
        ("UPDATE t SET a = a + 1", "unknown"),
        ("DROP TABLE t, u; -- two", "look"),
        ("RENAME TABLE t TO old, new TO t", "unknown"),
        ("ALTER TABLE t DROP COLUMN a, ADD COLUMN a INT", "unknown"),
        ("ALTER TABLE t ADD FOREIGN KEY (a) REFERENCES u (id)", "unknown"),
    ],
)
def test_each_statement_has_a_way_to_see_its_effect(statement, kind):
    first = script.script(statement).splitlines()[0]
    assert first.startswith(f"-- rollback: 1 {kind}")
