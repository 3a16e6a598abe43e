"""Backups: made by a command of the settings, restored before they count, and those made anyway."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from database_site import CHANNEL, LEGACY, program, releases, secrets_in

from tests.live.run_processes import kill_run

SECRET = "backup-t0ken"
BACKUP = """#!/bin/sh
[ "$2" = "$TOKEN" ] && [ "$1" = --to ] || { echo "wrong words: $1" >&2; exit 3; }
echo "copying with $TOKEN"
pwd >where
echo shop-2026-11-29
"""


def log(plan: Any) -> str:
    return (Path(plan["run"]) / "rollback.log").read_text()


def command(site: Any, text: str = BACKUP, **more: Any) -> None:
    file = site.project / "deploy" / "backup"
    file.parent.mkdir(exist_ok=True)
    file.write_text(text)
    file.chmod(0o755)
    site.environment["TOKEN"] = SECRET
    site.configure(backup={"command": ["deploy/backup", "--to", "$TOKEN"], **more})


# ---- a command of the settings --------------------------------------------------------------


@pytest.mark.parametrize("site", ["mysql"], indirect=True)
def test_a_command_of_the_settings_makes_the_backup(site):
    releases(site, _2_legacy=LEGACY)
    command(site)
    plan = site.plan("--with-db")
    file = Path(plan["run"]) / plan["databases"][0]["backup"]["path"]
    done = site.execute(plan)
    assert (site.applied(), file.read_text()) == (["1"], "shop-2026-11-29\n")
    assert any(file.name in line for line in done["open"])
    assert (site.project / "where").read_text().strip() == str(site.project)
    assert any('"db-backup.db", "event": "done"' in line for line in site.journal(plan))
    assert "copying with ***" in log(plan)
    assert SECRET not in f"{plan}{done}" and secrets_in(Path(plan["run"]), SECRET) == []


BROKEN = {
    "no space": "#!/bin/sh\necho no space >&2\nexit 4\n",
    "printed no name": "#!/bin/sh\nexit 0\n",
}


@pytest.mark.parametrize("site", ["sqlite"], indirect=True)
def test_a_command_that_makes_no_backup_stops_it_before_any_change(site):
    releases(site, _2_legacy=LEGACY)
    command(site)
    plan = site.plan("--with-db")
    for why, text in BROKEN.items():
        (site.project / "deploy" / "backup").write_text(text)
        assert site.execute(plan, check=5)["outcome"] == "failed"
        assert why in log(plan)
        assert (site.applied(), site.answer()) == (["1", "2"], (500, "v1.2"))
    (site.project / "deploy" / "backup").write_text(BACKUP)
    assert site.execute(plan)["exit"] == 0
    assert site.applied() == ["1"]


@pytest.mark.parametrize("site", ["sqlite"], indirect=True)
def test_a_command_that_cannot_run_is_found_by_the_plan(site):
    releases(site, _2_legacy=LEGACY)
    command(site)
    del site.environment["TOKEN"]
    plan = site.plan("--with-db", check=6)
    assert site.codes(plan) == ["no-backup"] and "$TOKEN" in plan["findings"][0]["message"]
    site.configure(backup={"command": ["no-such-program"]})
    plan = site.plan("--with-db", check=6)
    assert site.codes(plan) == ["no-backup"] and "no-such-program" in str(plan["findings"])


# ---- drills -----------------------------------------------------------------------------------


def databases(site: Any, request: pytest.FixtureRequest) -> list[str]:
    """The databases of the server, and the files of a SQLite one."""
    if "SHOP_URL" in site.environment and site.environment["SHOP_URL"].startswith("postgres"):
        return request.getfixturevalue("server").sql("SELECT datname FROM pg_database").split()
    if site.environment["SHOP_URL"].startswith("mysql"):
        return request.getfixturevalue("mariadb").sql("SHOW DATABASES").split()
    return [file.name for file in site.project.rglob("*.scratch")]


@pytest.fixture
def scratch(site: Any, request: pytest.FixtureRequest) -> Iterator[None]:
    """The user of the site may make databases."""
    if not site.environment["SHOP_URL"].startswith("postgres"):
        yield
        return
    server = request.getfixturevalue("server")
    server.sql("ALTER ROLE shop CREATEDB")
    yield
    server.sql("ALTER ROLE shop NOCREATEDB")


def test_a_backup_is_restored_before_it_counts(site, scratch, request, tmp_path):
    """One that lacks rows or cannot be restored stops the run; nothing of a drill is left."""
    releases(site, _2_legacy=LEGACY)
    before = databases(site, request)
    faults = [] if site.environment["SHOP_URL"].startswith("sqlite") else [lacks_rows, is_broken]
    for name in ("pg_dump", "pg_restore", "mariadb-dump", "mariadb") if faults else ():
        program(site, name, GOOD)
    plan = site.plan("--with-db", "--drill-backup")
    for fault in faults:
        fault(site, plan)
        assert (site.applied(), site.answer()) == (["1", "2"], (500, "v1.2"))
        assert databases(site, request) == before
    if faults:
        kill_in_drill(site, plan, tmp_path / "slow", lambda: databases(site, request) != before)
    done = site.execute(plan)
    assert (done["exit"], site.applied()) == (0, ["1"])
    assert "restored and compared: 2 tables" in log(plan)
    assert databases(site, request) == before
    backup = Path(plan["run"]) / plan["databases"][0]["backup"]["path"]
    assert backup.stat().st_mode & 0o777 == 0o600 and backup.stat().st_size > 100


GOOD = 'exec "$REAL" "$@"'


def lacks_rows(site: Any, plan: Any) -> None:
    program(site, "pg_dump", 'exec "$REAL" --exclude-table-data=orders "$@"')
    program(site, "mariadb-dump", 'exec "$REAL" "$@" --where="1 = 0"')
    site.execute(plan, check=5)
    assert "orders has 0 rows in the restored backup, 2 before" in log(plan)
    kept = (Path(plan["run"]) / "backup").iterdir()
    assert not [file for file in kept if file.suffix in (".sql", ".dump")]
    program(site, "pg_dump", GOOD)
    program(site, "mariadb-dump", GOOD)


def is_broken(site: Any, plan: Any) -> None:
    program(site, "pg_restore", 'case " $* " in *" -d "*) exit 1 ;; esac; exec "$REAL" "$@"')
    program(site, "mariadb-dump", 'echo "BROKEN;"; exec "$REAL" "$@"')
    site.execute(plan, check=5)
    program(site, "pg_restore", GOOD)
    program(site, "mariadb-dump", GOOD)


def kill_in_drill(site: Any, plan: Any, slow: Path, made: Callable[[], bool]) -> None:
    """The next run removes the scratch of this one."""
    text = f'[ ! -e {slow} ] || case " $* " in *rollback_drill_*) sleep 60 ;; esac; {GOOD}'
    for name in ("pg_restore", "mariadb"):
        program(site, name, text)
    slow.touch()
    process = site.start("execute", *site.approved(plan))
    while not made():
        assert process.poll() is None, process.communicate()
        time.sleep(0.05)
    kill_run(process, plan["run"])
    slow.unlink()


@pytest.mark.parametrize("site", ["postgresql"], indirect=True)
def test_a_user_who_may_make_no_database_is_found_by_the_plan(site):
    releases(site, _2_legacy=LEGACY)
    plan = site.plan("--with-db", "--drill-backup", check=6)
    assert site.codes(plan) == ["no-backup"]
    assert "may create a database" in plan["findings"][0]["message"]


@pytest.mark.parametrize("site", ["sqlite"], indirect=True)
def test_a_drill_needs_a_backup_that_it_can_restore(site):
    releases(site, _2_channel=CHANNEL)
    assert site.codes(site.plan("--drill-backup", check=6)) == ["option-unsupported"]
    command(site)
    plan = site.plan("--with-db", "--drill-backup", check=6)
    assert site.codes(plan) == ["no-backup"]


# ---- backups that are made anyway ---------------------------------------------------------------


@pytest.mark.parametrize("site", ["sqlite"], indirect=True)
def test_the_newest_backup_has_to_be_young_enough(site, tmp_path):
    releases(site, _2_channel=CHANNEL)
    files = tmp_path / "backups"
    files.mkdir()
    site.configure(backup={"files": f"{files}/shop-*.dump", "max_age": "24h"})
    missing = site.plan()
    assert "no-backup" in site.codes(missing, "warning")
    (files / "shop-3.dump").write_bytes(b"")
    assert "1 empty" in str(site.plan()["findings"])
    for name, hours in (("shop-1.dump", 80), ("shop-2.dump", 50)):
        (files / name).write_text("a dump")
        os.utime(files / name, (time.time() - hours * 3600,) * 2)
    old = site.plan("--with-db")
    (finding,) = [row for row in old["findings"] if row["code"] == "backup-old"]
    assert finding["level"] == "warning", "a backup is made before the change"
    assert "2 d old" in finding["message"] and "shop-2.dump" in finding["message"]
    (files / "shop-4.dump").write_text("a dump")
    assert {"backup-old", "no-backup"}.isdisjoint(site.codes(site.plan(), "warning"))


@pytest.mark.parametrize("site", ["sqlite"], indirect=True)
def test_an_old_backup_blocks_where_a_database_would_change_without_any(site):
    releases(site, _2_legacy=(LEGACY[0], ""))
    site.configure(backup={"newest": ["echo", "2020-01-01T00:00:00Z"]})
    assert "backup-old" in site.codes(site.plan("--with-db", check=6))


@pytest.mark.parametrize("site", ["sqlite"], indirect=True)
def test_a_command_prints_when_the_newest_one_was_made(site):
    releases(site, _2_channel=CHANNEL)
    site.configure(backup={"newest": ["sh", "-c", "echo no access >&2; exit 3"]})
    (missing,) = [row for row in site.plan()["findings"] if row["code"] == "no-backup"]
    assert "ended with 3: no access" in missing["message"]
