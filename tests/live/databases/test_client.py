"""A database that only another place reaches: its programs are started there by the settings' `client`."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from conftest import PASSWORD, Server
from database_site import CHANNEL, LEGACY, ORDERS, DatabaseSite, secrets_in
from folders_site import kill_at
from mariadb_server import MariaDB

ELSEWHERE = """#!/bin/sh
# Another place: it passes the standard input, and nothing of the environment.
env >>'{log}'
for word; do printf '%s\\n' "$word" >>'{log}'; done
exec env -i PATH=/usr/bin:/bin "$@"
"""
# longer than an argument of a program may be: the whole schema is compared after a down
LONG = f" CREATE FUNCTION long() RETURNS int LANGUAGE sql AS 'SELECT 1 /* {'long' * 40_000} */';"


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """What the command that starts programs elsewhere was given: environment and arguments."""
    return tmp_path / "elsewhere.log"


@pytest.fixture(params=["postgresql", "mysql"])
def site(request: pytest.FixtureRequest, log: Path, tmp_path: Path) -> Iterator[DatabaseSite]:
    """v1.2, live and broken, dropped a column and added one."""
    orders = ORDERS
    if request.param == "mysql":
        mariadb: MariaDB = request.getfixturevalue("mariadb")
        mariadb.create("shop")
        made = DatabaseSite(tmp_path, mariadb.url("shop"), mariadb.runner("shop"))
    else:
        server: Server = request.getfixturevalue("server")
        server.create("shop")
        made = DatabaseSite(
            tmp_path, server.url("shop"), lambda text: server.sql(f"SET ROLE shop; {text}", "shop")
        )
        made.environment["SCRATCH_URL"] = request.getfixturevalue("scratch_server").url("scratch")
        orders = (ORDERS[0] + LONG, ORDERS[1])
    program = tmp_path / "elsewhere"
    program.write_text(ELSEWHERE.format(log=log))
    program.chmod(0o755)
    made.release("v1.0", 20, _1_orders=orders)
    made.release("v1.1", 9)
    made.sql("INSERT INTO orders (id, legacy) VALUES (1, 'a'), (2, 'b')")
    made.release("v1.2", 2, broken=True, _2_legacy=LEGACY, _3_channel=CHANNEL)
    made.configure(client=[str(program)], scratch="SCRATCH_URL")
    made.serve()
    yield made
    made.stop()


def test_a_database_elsewhere_goes_back_and_is_restored(
    site: DatabaseSite, server: Server, log: Path
) -> None:
    """Its backup is restored there before it counts; no argument and no file holds the password."""
    server.sql("ALTER ROLE shop CREATEDB")
    before = server.sql("SELECT datname FROM pg_database")
    plan = site.plan("--with-db", "--drill-backup")
    assert "elsewhere" in plan["databases"][0]["location"]
    tried = "SCRATCH_URL" in site.environment
    assert ("schema-unproven" in site.codes(plan, "note")) is not tried
    assert (list(Path(plan["run"]).rglob("*.down-schema.sql")) != []) is tried
    assert site.execute(plan)["exit"] == 0
    server.sql("ALTER ROLE shop NOCREATEDB")
    assert (site.applied(), site.answer()) == (["1"], (200, "v1.1"))
    assert site.sql("SELECT id, legacy FROM orders ORDER BY id") == "1|\n2|"
    assert "restored and compared: 2 tables" in (Path(plan["run"]) / "rollback.log").read_text()
    assert server.sql("SELECT datname FROM pg_database") == before
    backup = Path(plan["run"]) / plan["databases"][0]["backup"]["path"]
    words = ["cat"] if backup.suffix == ".sql" else ["pg_restore", "-l"]
    listed = subprocess.run([*words, backup], capture_output=True, check=True)
    assert b"schema_migrations" in listed.stdout
    assert backup.stat().st_mode & 0o777 == 0o600
    assert site.restore(plan, check=None)["outcome"] == "restored"
    assert site.applied() == ["1", "2", "3"]
    given = log.read_text()
    assert "dump" in given and "shop" in given and "rollback_drill_" in given
    without_url = [line for line in given.splitlines() if "_URL=" not in line]
    assert not [line for line in without_url if PASSWORD in line]
    assert secrets_in(Path(plan["run"]), PASSWORD) == []


def test_a_killed_reversal_elsewhere_goes_on(site: DatabaseSite) -> None:
    plan = site.plan("--with-db")
    kill_at(site, "execute", plan, 4)
    assert site.execute(plan)["exit"] == 0
    assert (site.applied(), site.answer()) == (["1"], (200, "v1.1"))


# Another place, as `docker exec -i` has it: what was started there neither ends with this command
# nor holds anything of ours.
OUTLIVES = """#!/usr/bin/env python3
import os, subprocess, sys, tempfile, time
folder = tempfile.mkdtemp()
with open(f"{folder}/in", "wb") as file:
    file.write(sys.stdin.buffer.read())
run = 'cd "$0"; cat in | "$@" >out 2>err; echo $? >new && mv new status'
subprocess.Popen(["sh", "-c", run, folder, *sys.argv[1:]], start_new_session=True, cwd="/",
    stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    env={"PATH": "/usr/bin:/bin"})
while not os.path.exists(f"{folder}/status"):
    time.sleep(0.02)
for name, stream in (("out", sys.stdout), ("err", sys.stderr)):
    with open(f"{folder}/{name}", "rb") as file:
        stream.buffer.write(file.read())
with open(f"{folder}/status") as file:
    sys.exit(int(file.read()))
"""
SLOW = (
    "ALTER TABLE orders ADD COLUMN extra text;",
    "UPDATE orders SET note = (SELECT 'x' FROM pg_sleep(12)); ALTER TABLE orders DROP COLUMN extra;",
)


@pytest.mark.parametrize("site", ["postgresql"], indirect=True)
def test_a_restore_waits_for_what_an_interrupted_step_left_running(
    site: DatabaseSite, server: Server, tmp_path: Path
) -> None:
    (tmp_path / "elsewhere").write_text(OUTLIVES)
    site.release("v1.3", 1, broken=True, _4_extra=SLOW)
    plan = site.plan("--with-db", "--accept-loss")
    process = site.start("execute", *site.approved(plan))
    going = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(1%' AND pid <> pg_backend_pid()"
    while server.sql(going) == "0":
        assert process.poll() is None, process.communicate()
        time.sleep(0.1)
    os.killpg(process.pid, signal.SIGINT)
    process.communicate()
    ended = [site.restore(plan, check=None)["exit"]]
    while ended[-1] != 0 and len(ended) < 10:
        ended.append(site.restore(plan, check=None)["exit"])
    while server.sql(going) != "0":
        time.sleep(0.1)
    assert (ended[-1], site.applied()) == (0, ["1", "2", "3", "4"])
    assert site.sql("SELECT count(extra) FROM orders") == "0"


@pytest.mark.parametrize("site", ["postgresql"], indirect=True)
def test_a_place_that_cannot_be_entered_is_told(site: DatabaseSite) -> None:
    site.configure(client=["sh", "-c", "echo 'no such container: shop-db-1' >&2; exit 1"])
    plan = site.plan("--with-db", check=6)
    assert "database-unreachable" in site.codes(plan)
    assert "no such container: shop-db-1" in str(plan["findings"])
    site.configure(client=["no-such-program"])
    assert "tool-missing" in site.codes(site.plan("--with-db", check=6))


def test_a_wrong_password_elsewhere_is_told_without_it(site: DatabaseSite) -> None:
    url, secret = site.environment["SHOP_URL"], quote(PASSWORD, safe="")
    assert secret in url
    site.environment["SHOP_URL"] = url.replace(secret, "wrong-secret")
    plan = site.plan("--with-db", check=6)
    assert "database-unreachable" in site.codes(plan)
    assert "wrong-secret" not in str(plan)


@pytest.mark.parametrize("site", ["mysql"], indirect=True)
def test_a_file_cannot_be_elsewhere(site: DatabaseSite, tmp_path: Path) -> None:
    (tmp_path / "shop.db").touch()
    site.environment["SHOP_URL"] = f"sqlite:{tmp_path / 'shop.db'}"
    assert "client-unsupported" in site.codes(site.plan("--with-db", check=6))


@pytest.mark.parametrize("site", ["postgresql"], indirect=True)
def test_what_the_list_prints_for_a_database_elsewhere_can_be_pasted(
    site: DatabaseSite, server: Server
) -> None:
    """A place that asks for no password, as a container of PostgreSQL on its own socket."""
    (server.folder / "data" / "pg_hba.conf").write_text("local all all trust\n")
    server.sql("SELECT pg_reload_conf()")
    try:
        plan = site.plan("--with-db")
        words = ["bash", str(Path(plan["run"]) / "rollback.sh"), "--list"]
        environment = {**os.environ, **site.environment}
        listed = subprocess.run(words, env=environment, capture_output=True, text=True, check=True)
        subprocess.run(["bash", "-e"], input=listed.stdout, env=environment, text=True, check=True)
        assert site.applied() == ["1"]
    finally:
        (server.folder / "data" / "pg_hba.conf").write_text(
            "local all shop scram-sha-256\nlocal all all trust\n"
        )
        server.sql("SELECT pg_reload_conf()")
