"""A database that only pods reach goes back with the application: its programs run in a pod of its Service."""

from __future__ import annotations

import pwd
import subprocess
from pathlib import Path
from typing import Any

import pytest
from cluster import Namespace, shop, wait_for
from skill import Project

URL = "postgres://shop:s3cret%27%24@db/shop"
START = """\
initdb -D /data/pg -U postgres -A trust --no-sync -E UTF8 --locale=C.UTF-8
echo 'local all all trust' >/data/pg/pg_hba.conf
echo 'host all all all scram-sha-256' >>/data/pg/pg_hba.conf
exec postgres -D /data/pg -c listen_addresses='*' -c unix_socket_directories=/data -c fsync=off
"""
HOST = ("/usr", "/lib", "/lib64", "/etc/passwd")  # the programs of this machine, read-only
MIGRATION = "-- migrate:up\n{}\n\n-- migrate:down\n{}\n"
LEGACY = "ALTER TABLE orders DROP COLUMN legacy;", "ALTER TABLE orders ADD COLUMN legacy TEXT;"


def server(bin: Path) -> list[dict[str, Any]]:
    account = pwd.getpwnam("postgres")
    volumes = [{"name": f"host{n}", "hostPath": {"path": path}} for n, path in enumerate(HOST)]
    mounts = [
        {"name": f"host{n}", "mountPath": path, "readOnly": True} for n, path in enumerate(HOST)
    ]
    container = {
        "name": "db",
        "image": "localhost/shop:v1",
        "command": ["/bin/sh", "-c", START],
        "env": [
            {"name": "PATH", "value": f"{bin}:/usr/bin:/bin"},
            {"name": "PGHOST", "value": "/data"},
        ],
        "volumeMounts": [*mounts, {"name": "data", "mountPath": "/data"}],
    }
    labels = {"role": "database"}
    spec = {
        "containers": [container],
        "volumes": [*volumes, {"name": "data", "emptyDir": {}}],
        "securityContext": {"runAsUser": account.pw_uid, "runAsGroup": account.pw_gid},
        "hostAliases": [{"ip": "127.0.0.1", "hostnames": ["db"]}],  # the bed has no DNS
        "terminationGracePeriodSeconds": 1,
    }
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "db-0", "labels": labels}}
    service = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "db"}}
    return [
        {**pod, "spec": spec},
        {**service, "spec": {"selector": labels, "ports": [{"port": 5432}]}},
    ]


def psql(space: Namespace, text: str, database: str = "shop", check: bool = True) -> str:
    words = ("psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-U", "postgres")
    return space("exec", "db-0", "--", *words, "-d", database, "-c", text, check=check).strip()


def release(project: Project, version: str) -> None:
    who = ("-c", "user.name=Ana", "-c", "user.email=ana@example.invalid")
    for words in (
        ("add", "-A"),
        ("commit", "-q", "--allow-empty", "-m", version),
        ("tag", version),
    ):
        subprocess.run(["git", *who, *words], cwd=project.root, check=True)


@pytest.fixture
def released(space: Namespace, project: Project) -> Project:
    """v1 and v2 are good, v3 is live and broken and dropped a column."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    if not folders:
        pytest.skip("needs PostgreSQL's server: tests/live/beds/postgresql.sh install")
    space.apply(*server(folders[-1]))
    wait_for(lambda: psql(space, "SELECT 1", "postgres", check=False) == "1", "the database", 120)
    project.configure(namespace=space.name, database={"url": "SHOP_URL"})
    psql(space, "CREATE ROLE shop LOGIN PASSWORD 's3cret''$'", "postgres")
    psql(space, "CREATE DATABASE shop OWNER shop", "postgres")
    psql(space, "SET ROLE shop; CREATE TABLE schema_migrations (version varchar(128) primary key)")
    psql(space, "SET ROLE shop; CREATE TABLE orders (id int, legacy text)")
    psql(space, "INSERT INTO schema_migrations VALUES ('1')")
    folder = project.root / "db/migrations"
    folder.mkdir(parents=True)
    up = "CREATE TABLE orders (id int, legacy text);"
    (folder / "1_orders.sql").write_text(MIGRATION.format(up, "DROP TABLE orders;"))
    release(project, "v1")
    space.apply(shop())
    space.settled("deployment/web")
    release(project, "v2")
    space.deploy("web", "v2")
    (folder / "2_legacy.sql").write_text(MIGRATION.format(*LEGACY))
    release(project, "v3")
    psql(space, f"SET ROLE shop; {LEGACY[0]}")
    psql(space, "INSERT INTO schema_migrations VALUES ('2')")
    space.deploy("web", "v3", good=False)
    project.environment["SHOP_URL"] = URL
    return project


def test_a_database_in_a_pod_goes_back_with_the_application(
    released: Project, space: Namespace
) -> None:
    plan = released.plan("previous", "--with-db")
    (database,) = plan["databases"]
    assert "exec -i service/db --" in database["location"]
    assert released.execute(plan).exit == 0
    assert space.image("deployment/web") == "v2"
    assert psql(space, "SELECT version FROM schema_migrations") == "1"
    assert psql(space, "SELECT count(legacy) FROM orders") == "0"
    backup = Path(plan["run"]) / database["backup"]["path"]
    assert backup.read_bytes()[:5] == b"PGDMP"
    space.impatient()
    assert released.restore(plan)["outcome"] == "restored"
    assert psql(space, "SELECT string_agg(version, ' ') FROM schema_migrations") == "1 2"
