"""A database that only the containers of the project reach goes back with the application."""

from __future__ import annotations

import os
import pwd
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from compose_shop import Shop

PASSWORD = "s3cret:/@ %'$(id)"
URL = "postgres://shop:s3cret%3A%2F%40%20%25%27%24%28id%29@db/shop"
# the programs of this machine, in a container of its own: no registry is needed
SERVER = """\
    image: db:1
    user: "{user}"
    entrypoint:
      - /bin/sh
      - -c
      - |
        {bin}/initdb -D /data/pg -U postgres -A trust --no-sync -E UTF8 --locale=C.UTF-8
        echo 'local all all trust' >/data/pg/pg_hba.conf
        echo 'host all all all scram-sha-256' >>/data/pg/pg_hba.conf
        exec {bin}/postgres -D /data/pg -c listen_addresses='*' -c unix_socket_directories=/tmp -c fsync=off
    environment: {{PATH: "{bin}:/usr/bin:/bin"}}
    healthcheck: {{disable: true}}
    tmpfs: ["/data:mode=1777", "/tmp:mode=1777"]
    volumes: ["/usr:/usr:ro", "/lib:/lib:ro", "/lib64:/lib64:ro", "/etc/passwd:/etc/passwd:ro"]
"""
MIGRATION = "-- migrate:up\n{}\n\n-- migrate:down\n{}\n"
TABLE = "CREATE TABLE schema_migrations (version varchar(128) primary key);"
LEGACY = "ALTER TABLE orders DROP COLUMN legacy;", "ALTER TABLE orders ADD COLUMN legacy TEXT;"


@pytest.fixture
def site(shop: Shop) -> Iterator[Shop]:
    """v1 and v2 are good, v3 is live, answers 500 and dropped a column."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    if not folders:
        pytest.skip("needs PostgreSQL's server: tests/live/beds/postgresql.sh install")
    account = pwd.getpwnam("postgres")
    server = SERVER.format(bin=folders[-1], user=f"{account.pw_uid}:{account.pw_gid}")
    file = (shop.root / "docker-compose.yml").read_text()
    before, _, _ = file.partition("    image: db:1\n")
    shop.write("docker-compose.yml", before + server)
    settings = (shop.root / ".claude/deployment-rollback.yml").read_text()
    shop.write(".claude/deployment-rollback.yml", f"{settings}    database: {{url: SHOP_URL}}\n")
    shop.write("db/migrations/1_orders.sql", MIGRATION.format("CREATE TABLE orders (id int, legacy text);", "DROP TABLE orders;"))  # fmt: skip
    shop.release("v1", "v2")
    ready(shop)
    quoted = PASSWORD.replace("'", "''")
    sql(shop, f"CREATE ROLE shop LOGIN PASSWORD '{quoted}'", "postgres", "postgres")
    sql(shop, "CREATE DATABASE shop OWNER shop", "postgres", "postgres")
    sql(shop, f"{TABLE} CREATE TABLE orders (id int, legacy text);")
    sql(shop, "INSERT INTO schema_migrations VALUES ('1'); INSERT INTO orders VALUES (1, 'a');")
    shop.write("db/migrations/2_legacy.sql", MIGRATION.format(*LEGACY))
    shop.release("v3")
    sql(shop, f"{LEGACY[0]} INSERT INTO schema_migrations VALUES ('2');")
    yield shop


def psql(shop: Shop, *words: str, check: bool = True) -> str:
    container = f"{shop.name}-db-1"
    return shop.run("docker", "exec", container, "psql", "-h", "/tmp", *words, check=check)


def sql(shop: Shop, text: str, database: str = "shop", user: str = "shop") -> str:
    words = ("-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-U", user, "-d", database)
    return psql(shop, *words, "-c", text).strip()


def ready(shop: Shop) -> None:
    end = time.monotonic() + 60
    while not psql(shop, "-U", "postgres", "-c", "SELECT 1", check=False):
        assert time.monotonic() < end, shop.run("docker", "logs", f"{shop.name}-db-1")
        time.sleep(0.2)


def columns(shop: Shop) -> str:
    query = "SELECT string_agg(column_name, ' ' ORDER BY column_name) FROM information_schema.columns WHERE table_name = 'orders'"  # fmt: skip
    return sql(shop, query)


def test_a_database_in_a_container_goes_back_with_the_application_and_is_missed_when_it_is_down(
    site: Shop,
) -> None:
    plan = site.plan("--with-db", SHOP_URL=URL)
    (database,) = plan["databases"]
    assert f"through docker exec -i {site.name}-db-1" in database["location"]
    done = site.execute(plan, SHOP_URL=URL)
    assert done["exit"] == 0, done
    assert site.serves("v2")
    assert columns(site) == "id legacy"
    assert sql(site, "SELECT version FROM schema_migrations") == "1"
    backup = Path(plan["run"]) / database["backup"]["path"]
    assert backup.read_bytes()[:5] == b"PGDMP"
    back = site.execute(plan, verb="restore", check=None, SHOP_URL=URL)
    assert back["outcome"] == "restored", back
    assert (columns(site), site.answer()[1]) == ("id", "v3")
    assert PASSWORD not in str(plan) and PASSWORD not in os.environ.get("SHOP_URL", "")
    site.run("docker", "stop", "-t", "1", f"{site.name}-db-1")
    plan = site.plan("--with-db", check=None, SHOP_URL=URL)
    assert plan["exit"] != 0
    assert "database-unreachable" in str(plan), plan
