"""What tables demand is read, dropped and made again as it was; what would not be has no text."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from conftest import Server
from mariadb_server import MariaDB

from rollback.database_contracts import Engine, Row
from rollback.engines import mysql, postgresql
from rollback.reversal import relaxed
from rollback.shell import Shell

DROPPED = ("not null", "check", "unique", "unique index", "foreign key", "exclusion")


def rows(engine: Engine, url: str, monkeypatch: pytest.MonkeyPatch, *tables: str) -> list[Row]:
    monkeypatch.setenv("SHOP_URL", url)
    assert engine.RELAXING
    address = engine.parse(url, "SHOP_URL", Path())
    (found,) = engine.read(address, [engine.RELAXING.query(tables)], Shell(Path()))
    return found


def kept(found: list[Row]) -> set[str]:
    """Return what is never dropped: it would not come back as it was."""
    return {row["name"] for row in dropped(found) if row["definition"] is None}


def dropped(found: list[Row]) -> list[Row]:
    return [row for row in found if row["kind"] in DROPPED]


def there_and_back(engine: Engine, found: list[Row], sql: Callable[[str], str]) -> None:
    """Drop all that can be, and make it again, the last first."""
    assert engine.RELAXING
    known = [row for row in dropped(found) if row["definition"] is not None]
    every = [engine.RELAXING.statements(row) for row in known]
    for way in (0, 1):
        for statements in every[:: 1 - 2 * way]:
            sql(f"{statements[way]};")
            there = sql(f"SELECT CASE WHEN {statements[2]} THEN 'there' ELSE 'gone' END")
            assert there == ("gone", "there")[way], statements


@pytest.fixture
def lenient(mariadb: MariaDB) -> Iterator[MariaDB]:
    """A server that invents values, reads texts in another way and looks at no foreign key."""
    mariadb.create("shop")
    mariadb.sql("SET GLOBAL sql_mode = 'NO_BACKSLASH_ESCAPES', GLOBAL foreign_key_checks = 0")
    yield mariadb
    mariadb.sql("SET GLOBAL sql_mode = DEFAULT, GLOBAL foreign_key_checks = DEFAULT")


MARIADB = r"""
CREATE TABLE b (id int PRIMARY KEY);
CREATE TABLE a (id int PRIMARY KEY, n int NOT NULL, code varchar(40), KEY code (code),
  e enum('a\b','it''s{null}') NOT NULL COMMENT 'a\b, it''s {null}', at timestamp NOT NULL,
  place point NOT NULL, q int UNIQUE);
ALTER TABLE a ADD UNIQUE (code);
ALTER TABLE a ADD CONSTRAINT text CHECK (code <> 'a\b' OR code = 'it''s {null}');
ALTER TABLE a ADD CONSTRAINT f FOREIGN KEY (n) REFERENCES b (id) ON DELETE CASCADE;
CREATE UNIQUE INDEX big ON a (code(3), e DESC);
ALTER TABLE a ALTER INDEX q IGNORED"""


def test_mariadb_makes_demands_again_as_they_were(lenient, monkeypatch):
    sql = lenient.runner("shop")
    sql(MARIADB)
    before = sql("SHOW CREATE TABLE a")
    found = rows(mysql, lenient.url("shop"), monkeypatch, "a")
    assert kept(found) == {"at", "place", "q"}
    assert [row["name"] for row in found if row["kind"] == "primary key"] == ["id"]
    added = [("a", "unique index", "code", ("code",))]
    (one,) = relaxed.demands(mysql, added, found, [("a", "code")]) or []
    assert one.label == "a unique code_2"
    there_and_back(mysql, found, sql)
    assert sql("SHOW CREATE TABLE a") == before


def test_mariadb_invents_no_value_and_passes_no_row(lenient, monkeypatch):
    sql = lenient.runner("shop")
    sql("CREATE TABLE b (id int PRIMARY KEY); CREATE TABLE a (id int NOT NULL, n int)")
    sql("ALTER TABLE a ADD CONSTRAINT f FOREIGN KEY (n) REFERENCES b (id)")
    found = rows(mysql, lenient.url("shop"), monkeypatch, "a")
    assert mysql.RELAXING
    ups = [mysql.RELAXING.statements(row) for row in dropped(found)]
    sql(";".join(down for down, _, _ in ups))
    sql("INSERT INTO a VALUES (NULL, 7)")
    for _, up, _ in ups:
        with pytest.raises(subprocess.CalledProcessError):
            sql(up)
    assert sql("SELECT coalesce(id, 'none') FROM a") == "none"


POSTGRESQL = """
CREATE TABLE b (id int PRIMARY KEY, code text);
CREATE UNIQUE INDEX needed ON b (code);
CREATE TABLE a (id int PRIMARY KEY, n int NOT NULL, own int GENERATED ALWAYS AS IDENTITY, c text,
  m int NOT NULL, code text REFERENCES b (code) ON UPDATE CASCADE DEFERRABLE INITIALLY DEFERRED, at int4range);
CREATE UNIQUE INDEX part ON a (c text_pattern_ops DESC) INCLUDE (n) NULLS NOT DISTINCT WHERE n > 1;
CREATE UNIQUE INDEX lowered ON a (lower(c), n);
ALTER TABLE a ADD CONSTRAINT late UNIQUE (n, c) DEFERRABLE, ADD CHECK (n > 0) NOT VALID,
  ADD CONSTRAINT apart EXCLUDE USING gist (at WITH &&) WHERE (n > 1);
CREATE UNIQUE INDEX said ON a (n, id); COMMENT ON INDEX said IS 'why';
CREATE UNIQUE INDEX marked ON a (id, n); ALTER TABLE a REPLICA IDENTITY USING INDEX marked;
CREATE TABLE c (id int REFERENCES b);
CREATE TABLE parts (id int NOT NULL) PARTITION BY LIST (id);
CREATE UNIQUE INDEX each ON parts (id); CREATE SCHEMA other; CREATE TABLE other.lowered (id int);
SELECT 1"""
DEFINITIONS = """
SELECT indexdef FROM pg_indexes WHERE tablename = 'a'
UNION SELECT conname || pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = 'a'::regclass
UNION SELECT attname || attnotnull FROM pg_attribute WHERE attrelid = 'a'::regclass AND attnum > 0
ORDER BY 1"""


def test_postgresql_makes_demands_again_as_they_were(server: Server, monkeypatch):
    server.create("shop")

    def sql(text: str) -> str:
        return server.sql(f"SET ROLE shop; SET search_path = public, other; {text}", "shop")

    sql(POSTGRESQL)
    before = sql(DEFINITIONS)
    assert len(re.findall("NULLS NOT DISTINCT|INCLUDE|DESC|DEFERRABLE|NOT VALID", before)) == 6
    found = rows(postgresql, server.url("shop"), monkeypatch, "a")
    assert kept(found) == {"n", "own", "marked", "said"}, "n is of the replica identity"
    assert [row["name"] for row in found if row["kind"] == "primary key"] == ["id"]
    columns = {row["name"]: row["columns"] for row in found}
    assert (columns["part"], columns["lowered"]) == ("c", None)
    there_and_back(postgresql, found, sql)
    assert sql(DEFINITIONS) == before
    server.sql("ALTER TABLE c DISABLE TRIGGER ALL", "shop")
    found = rows(postgresql, server.url("shop"), monkeypatch, "b", "c", "parts")
    assert kept(found) == {"needed", "c_id_fkey", "id", "each"}
