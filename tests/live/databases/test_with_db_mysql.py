"""MySQL commits each statement by itself: a half reversed migration is gone on with, never repeated."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from database_site import CHANNEL, LEGACY, ORDERS, DatabaseSite, program, secrets_in
from mariadb_server import MariaDB

from tests.live.run_processes import kill_run

WIDE = (
    "CREATE TABLE refunds (id INT); ALTER TABLE orders ADD COLUMN a INT, ADD COLUMN b INT;",
    "DROP TABLE refunds; ALTER TABLE orders DROP COLUMN a, DROP COLUMN b;",
)
MARKED = (
    "CREATE TABLE refunds (id INT); UPDATE orders SET note = 'x';",
    "DROP TABLE refunds; UPDATE orders SET note = concat(note, 'y');",
)


@pytest.fixture
def site(mariadb: MariaDB, tmp_path: Path) -> Iterator[DatabaseSite]:
    mariadb.create("shop")
    made = DatabaseSite(tmp_path, mariadb.url("shop"), mariadb.runner("shop"))
    yield made
    made.stop()


def releases(site: DatabaseSite, **newest: tuple[str, str]) -> None:
    site.release("v1.0", 20, _1_orders=ORDERS)
    site.release("v1.1", 9)
    site.sql("INSERT INTO orders (id, legacy, note) VALUES (1, 'a', 'n')")
    site.release("v1.2", 2, **newest)
    site.settings(health=False, database={"url": "SHOP_URL"})


def tables(site: DatabaseSite) -> set[str]:
    return set(site.sql("SHOW TABLES").split())


def columns(site: DatabaseSite) -> set[str]:
    return {row.split("|")[0] for row in site.sql("SHOW COLUMNS FROM orders").splitlines()}


def statements(plan: Any, name: str = "db.2") -> list[str]:
    return (Path(plan["run"]) / f"{name}.statements").read_text().splitlines()


def log(plan: Any) -> str:
    return (Path(plan["run"]) / "rollback.log").read_text()


@contextmanager
def holding(site: DatabaseSite, mariadb: MariaDB, sql: str) -> Iterator[subprocess.Popen[str]]:
    """A session that holds what these statements lock."""
    words = ["mariadb", "--no-defaults", "-n", "-N", "-S", str(mariadb.folder / "socket"), "shop"]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    session = subprocess.Popen([*words, "-u", "root"], text=True, **pipes)
    assert session.stdin and session.stdout
    session.stdin.write(f"{sql}; SELECT 'held';\n")
    session.stdin.flush()
    while "held" not in session.stdout.readline():
        pass
    try:
        yield session
    finally:
        session.kill()
        session.wait()


def kill_at_statement(site: DatabaseSite, plan: Any, line: str) -> None:
    """Start the rollback and kill all of it once its journal of statements ends with this line."""
    process = site.start("execute", *site.approved(plan))
    end = time.monotonic() + 60
    file = Path(plan["run"]) / "db.2.statements"
    while not file.exists() or not file.read_text().endswith(f"{line}\n"):
        assert process.poll() is None and time.monotonic() < end, process.communicate()
        time.sleep(0.005)
    time.sleep(0.3)  # it waits for the lock by now
    kill_run(process, plan["run"])


def resumed(site: DatabaseSite, plan: Any, check: int) -> Any:
    """Run it again; a session of the killed run keeps its lock until the server notices."""
    end = time.monotonic() + 30
    while (
        "another rollback is changing this database"
        in str(done := site.execute(plan, check=None)) + log(plan)[-400:]
        and time.monotonic() < end
    ):
        time.sleep(0.5)
    assert done["exit"] == check, (done, log(plan))
    return done


def test_the_plan_says_that_nothing_holds_the_statements_together(site):
    releases(site, _2_wide=WIDE)
    plan = site.plan("--with-db")
    assert "not-atomic" in site.codes(plan, "note")
    site.execute(plan, check=11)
    assert statements(plan) == [
        f"down {part} {event}" for part in ("1", "2", "row") for event in ("start", "done")
    ]
    assert (site.applied(), tables(site)) == (["1"], {"orders", "schema_migrations"})
    assert site.restore(plan, check=11)["outcome"] == "restored"
    assert (site.applied(), "refunds" in tables(site)) == (["1", "2"], True)


@pytest.mark.parametrize("takes_effect", [True, False])
def test_a_statement_that_was_killed_is_looked_at_and_not_repeated(site, mariadb, takes_effect):
    releases(site, _2_wide=WIDE)
    plan = site.plan("--with-db")
    with holding(site, mariadb, "BEGIN; SELECT * FROM orders"):
        kill_at_statement(site, plan, "down 2 start")
        time.sleep(0 if takes_effect else 6)  # the server goes on with it, or gives up
    time.sleep(1)
    assert ("a" in columns(site)) == (not takes_effect)
    backup = Path(plan["run"]) / plan["databases"][0]["backup"]["path"]
    before = backup.read_bytes()
    resumed(site, plan, 11)
    assert backup.read_bytes() == before, "it is the backup from before the first statement"
    assert b"CREATE TABLE `refunds`" in before
    assert statements(plan).count("down 1 start") == 1
    assert statements(plan).count("down 2 start") == (1 if takes_effect else 2)
    assert (site.applied(), columns(site)) == (["1"], {"id", "legacy", "note"})


def test_where_nobody_can_see_it_a_person_has_to_tell(site, mariadb):
    releases(site, _2_marked=MARKED)
    plan = site.plan("--with-db", "--accept-loss")
    with holding(site, mariadb, "BEGIN; UPDATE orders SET legacy = 'b'"):
        kill_at_statement(site, plan, "down 2 start")
    time.sleep(1)
    resumed(site, plan, 5)
    assert "unknown whether statement 2" in log(plan) and "nothing was repeated" in log(plan)
    assert site.applied() == ["1", "2"]
    note = site.sql("SELECT note FROM orders")
    with (Path(plan["run"]) / "db.2.statements").open("a") as journal:
        journal.write(f"down 2 {'done' if note == 'xy' else 'failed'}\n")
    site.execute(plan, check=11)
    assert (site.applied(), site.sql("SELECT note FROM orders")) == (["1"], "xy")


def test_a_statement_that_the_server_refuses_is_run_again_and_those_before_it_are_not(site):
    bad = (WIDE[0], "DROP TABLE refunds; DROP TABLE nowhere;")
    releases(site, _2_bad=bad)
    plan = site.plan("--with-db", "--accept-loss")
    site.execute(plan, check=5)
    assert statements(plan)[-1] == "down 2 failed"
    assert (site.applied(), "refunds" in tables(site)) == (["1", "2"], False)
    site.sql("CREATE TABLE nowhere (id INT)")
    site.execute(plan, check=11)
    assert site.applied() == ["1"]


def test_a_half_reversed_migration_is_restored(site):
    down = (
        "DROP TABLE refunds; DROP TABLE nowhere; ALTER TABLE orders DROP COLUMN a, DROP COLUMN b;"
    )
    releases(site, _2_wide=(WIDE[0], down))
    plan = site.plan("--with-db", "--accept-loss")
    site.execute(plan, check=5)
    assert "refunds" not in tables(site) and "a" in columns(site)
    assert site.restore(plan, check=None)["outcome"] == "restored", log(plan)
    assert (site.applied(), "refunds" in tables(site)) == (["1", "2"], True)
    assert {"a", "b"} <= columns(site)


def test_a_lock_on_a_table_makes_it_fail_fast(site, mariadb):
    releases(site, _2_legacy=LEGACY)
    plan = site.plan("--with-db")
    began = time.monotonic()
    with holding(site, mariadb, "BEGIN; SELECT * FROM orders"):
        site.execute(plan, check=5)
    assert time.monotonic() - began < 30 and "Lock wait timeout" in log(plan)
    site.execute(plan, check=11)
    assert site.applied() == ["1"]


def test_the_lock_of_another_rollback_is_respected(site, mariadb):
    releases(site, _2_legacy=LEGACY)
    plan = site.plan("--with-db")
    with holding(site, mariadb, "SELECT GET_LOCK(CONCAT('rollback ', SHA1('shop')), 0)"):
        site.execute(plan, check=5)
    assert "another rollback is changing this database" in log(plan)
    assert (site.applied(), "legacy" in columns(site)) == (["1", "2"], False)


def test_a_cut_dump_stops_it_before_any_change(site):
    releases(site, _2_legacy=LEGACY)
    for name in ("mariadb-dump", "mysqldump"):
        program(site, name, '"$REAL" "$@" | head -c -40')
    plan = site.plan("--with-db")
    site.execute(plan, check=5)
    assert "the dump is incomplete" in log(plan)
    assert (site.applied(), "legacy" in columns(site)) == (["1", "2"], False)
    assert not list((Path(plan["run"]) / "backup").glob("*.sql"))


def test_a_server_that_takes_no_writes_is_refused(site, mariadb):
    releases(site, _2_legacy=LEGACY)
    mariadb.sql("SET GLOBAL read_only = 1")
    try:
        assert "read-replica" in site.codes(site.plan("--with-db", check=6))
    finally:
        mariadb.sql("SET GLOBAL read_only = 0")


def test_a_wrong_password_is_reported_and_shown_nowhere(site, mariadb):
    releases(site, _2_legacy=LEGACY)
    site.environment["SHOP_URL"] = mariadb.url("shop", "wrong-password")
    plan = site.plan("--with-db", check=6)
    assert site.codes(plan)[0] == "database-unreachable"
    assert "SHOP_URL" in plan["findings"][0]["fix"]
    assert "wrong-password" not in str(plan)
    assert secrets_in(site.project, "wrong-password") == []


def test_no_password_is_written_or_an_argument(site):
    releases(site, _2_legacy=LEGACY)
    for name in ("mariadb", "mariadb-dump"):
        program(site, name, 'cat /proc/$$/cmdline >>"$HOME/arguments"; exec "$REAL" "$@"')
    plan = site.plan("--with-db")
    done = site.execute(plan, check=11)
    encoded = site.environment["SHOP_URL"].split(":")[2].split("@")[0]
    seen = (site.project.parent / "arguments").read_text()
    assert "defaults-file" in seen and "--single-transaction" in seen
    assert MariaDB.PASSWORD not in seen + str(plan) + str(done) and encoded not in seen
    assert secrets_in(site.project, MariaDB.PASSWORD, encoded) == []


@pytest.mark.parametrize("command", ["\\! touch pwned", "system touch pwned", "source pwned"])
def test_commands_of_the_client_in_a_migration_are_not_run(site, command):
    bad = (CHANNEL[0], f"ALTER TABLE orders DROP COLUMN channel;\n{command}\n;")
    releases(site, _2_bad=bad)
    plan = site.plan("--with-db", "--accept-loss", check=None)
    if plan["exit"] == 0:
        site.execute(plan, check=5)
    assert not list(site.project.parent.rglob("pwned"))
    assert site.applied() == ["1", "2"]


def test_a_dsn_of_go_is_a_spelling(site, mariadb):
    releases(site, _2_legacy=LEGACY)
    socket = mariadb.folder / "socket"
    site.environment["SHOP_URL"] = f"shop:{MariaDB.PASSWORD}@unix({socket})/shop?parseTime=true"
    site.execute(site.plan("--with-db"), check=11)
    assert site.applied() == ["1"]


def test_a_stored_program_is_not_reversed(site):
    down = "CREATE TRIGGER t BEFORE INSERT ON orders FOR EACH ROW BEGIN SET NEW.note = 1; END;"
    site.release("v1.0", 20, _1_orders=ORDERS)
    site.release("v1.1", 2, _2_bad=(LEGACY[0], f"{LEGACY[1]} {down}"))
    site.settings(health=False, database={"url": "SHOP_URL"})
    plan = site.plan("--with-db", check=6)
    assert "irreversible-migration" in site.codes(plan)
    assert "stored program" in str(plan["findings"])
