"""Django reverses its own migrations, in the release folder that is left."""

from __future__ import annotations

import sqlite3
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import PASSWORD, Server
from database_site import SqliteStore, secrets_in, sqlite_runner
from django_shop import CHANNEL, LEGACY, MIGRATE, ONE_WAY, ORDERS, REFUNDS, Shop
from folders_site import kill_at
from mariadb_server import MariaDB
from native_site import TOOLS

from tests.live.run_processes import kill_run


@pytest.fixture(params=["sqlite", "postgresql", "mysql"])
def site(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Shop]:
    if not (TOOLS / "python/bin/django-admin").exists():
        pytest.skip("needs tests/live/beds/migration_tools.sh install")
    if request.param == "sqlite":
        file = tmp_path / "shop.db"
        sqlite3.connect(file).close()
        made = Shop(tmp_path, f"sqlite:{file}", sqlite_runner(file))
        made.store = SqliteStore(file)
    elif request.param == "mysql":
        mariadb: MariaDB = request.getfixturevalue("mariadb")
        mariadb.create("shop")
        made = Shop(tmp_path, mariadb.url("shop"), mariadb.runner("shop"))
        made.store = mariadb
    else:
        server: Server = request.getfixturevalue("server")
        server.create("shop")
        made = Shop(
            tmp_path, server.url("shop"), lambda text: server.sql(f"SET ROLE shop; {text}", "shop")
        )
        made.store = server
    made.project_files()
    made.migration("0001_initial", ORDERS)
    made.first_release("v1.0", 20, *MIGRATE)
    made.release("v1.1", 9)
    made.sql("INSERT INTO shop_order (legacy, note) VALUES ('a', ''), ('b', '')" + RETURNED)
    made.configure()
    yield made
    made.stop()


RETURNED = "; SELECT 1"


def broken(site: Shop) -> Path:
    folder = site.release("v1.2", 2, *MIGRATE, broken=True)
    site.serve()
    return folder


def columns(site: Shop) -> set[str]:
    try:
        query = "SELECT column_name FROM information_schema.columns WHERE table_name = 'shop_order'"
        return set(site.sql(query).split())
    except sqlite3.OperationalError:
        return set(site.sql("SELECT name FROM pragma_table_info('shop_order')").split())


def passwords(site: Shop) -> list[str]:
    """The password as it is, and as the URL has it."""
    if site.url.startswith("sqlite"):
        return []
    encoded = site.url.split("@")[0].rpartition(":")[2]
    return [PASSWORD, encoded] if site.url.startswith("postgres") else [PASSWORD]


def test_it_goes_back_and_forward_again(site):
    site.migration("0002_channel", CHANNEL, "shop.0001_initial")
    site.migration("0003_legacy", LEGACY, "shop.0002_channel")
    broken(site)
    assert columns(site) == {"id", "note", "channel"}
    plan = site.plan("--with-db")
    (database,) = plan["databases"]
    assert (database["tool"], database["action"], database["order"]) == (
        "django",
        "reverse",
        "before-app",
    )
    assert [row["id"] for row in database["migrations"]] == [
        "shop.0003_legacy",
        "shop.0002_channel",
    ]
    done = site.execute(plan)
    assert (done["outcome"], done["exit"]) == ("done", 0), done
    assert site.applied() == ["0001_initial"]
    assert columns(site) == {"id", "legacy", "note"}
    assert site.answer() == (200, "v1.1")
    backup = Path(plan["run"]) / database["backup"]["path"]
    assert backup.stat().st_mode & 0o777 == 0o600 and backup.stat().st_size > 100
    back = site.restore(plan, check=None)
    assert back["outcome"] == "restored", back
    secrets = passwords(site)
    assert not [secret for secret in secrets if secret in f"{plan}{done}{back}"]
    assert secrets_in(Path(plan["run"]), *secrets) == []
    assert site.applied() == ["0001_initial", "0002_channel", "0003_legacy"]
    assert columns(site) == {"id", "note", "channel"}
    assert site.answer() == (500, "v1.2")


@pytest.mark.parametrize("site", ["sqlite"], indirect=True)
def test_an_addition_goes_last_its_loss_is_counted_and_a_tool_that_does_nothing_fails(site):
    site.migration("0002_channel", CHANNEL, "shop.0001_initial")
    folder = broken(site)
    site.sql("UPDATE shop_order SET channel = 'web' WHERE legacy = 'a'" + RETURNED)
    plan = site.plan("--with-db", check=6)
    assert site.codes(plan) == ["loses-data"]
    assert "shop_order.channel: 1 values" in plan["findings"][0]["message"]
    accepted = site.plan("--with-db", "--accept-loss")
    assert accepted["databases"][0]["order"] == "after-app"
    file = folder / "shop/migrations/0002_channel.py"
    file.rename(folder / "gone")
    done = site.execute(accepted, check=5)
    assert done["outcome"] in ("failed", "partial"), done
    log = (Path(accepted["run"]) / "rollback.log").read_text()
    assert "reported success, but the database has: applied, shop_order.channel present" in log
    assert site.applied() == ["0001_initial", "0002_channel"]
    (folder / "gone").rename(file)
    assert site.execute(accepted)["exit"] == 0
    assert (site.applied(), columns(site)) == (["0001_initial"], {"id", "legacy", "note"})
    assert site.restore(accepted, check=None)["outcome"] == "restored"
    assert (site.applied(), site.answer()) == (["0001_initial", "0002_channel"], (500, "v1.2"))


@pytest.mark.parametrize("site", ["postgresql"], indirect=True)
def test_a_view_that_goes_with_a_column_and_what_was_written_since_are_losses(site):
    """Django drops columns with CASCADE."""
    site.migration("0002_channel", CHANNEL, "shop.0001_initial")
    broken(site)
    site.sql("CREATE VIEW channels AS SELECT channel FROM shop_order; SELECT 1")
    plan = site.plan("--with-db", check=6)
    (finding,) = [row for row in plan["findings"] if row["code"] == "loses-data"]
    assert "drop of view channels, which needs shop_order.channel" in finding["message"]
    site.sql("DROP VIEW channels; SELECT 1")
    plan = site.plan("--with-db")
    site.sql("UPDATE shop_order SET channel = 'web'" + RETURNED)
    site.execute(plan, check=5)
    log = (Path(plan["run"]) / "rollback.log").read_text()
    assert "more would be lost than the plan counted: shop_order.channel" in log
    assert site.applied() == ["0001_initial", "0002_channel"]


@pytest.mark.parametrize("site", ["sqlite"], indirect=True)
def test_an_irreversible_migration_in_the_chain_blocks_all_of_it(site):
    site.migration("0002_code", ONE_WAY, "shop.0001_initial")
    site.migration("0003_channel", CHANNEL, "shop.0002_code")
    broken(site)
    plan = site.plan("--with-db", check=6)
    assert "irreversible-migration" in site.codes(plan)
    message = next(f["message"] for f in plan["findings"] if f["code"] == "irreversible-migration")
    assert "shop.0002_code" in message and "RunPython without reverse_code" in message
    assert site.applied() == ["0001_initial", "0002_code", "0003_channel"]


@pytest.mark.parametrize("site", ["postgresql", "mysql"], indirect=True)
def test_another_database_than_that_of_the_variable_is_refused(site):
    site.migration("0002_channel", CHANNEL, "shop.0001_initial")
    folder = broken(site)
    settings = (folder / "site_settings.py").read_text()
    other = "mysql" if site.url.startswith("mysql") else "postgres"
    elsewhere = settings.replace('"NAME": url.path[1:]', f'"NAME": "{other}"').replace(
        '"NAME": url.path}', f'"NAME": {str(folder / "other.db")!r}}}'
    )
    (folder / "site_settings.py").write_text(elsewhere)
    plan = site.plan("--with-db", check=6)
    assert site.codes(plan) == ["wrong-database"]
    assert "another database" in str(plan["findings"])
    (folder / "site_settings.py").write_text("raise RuntimeError('no settings')")
    plan = site.plan("--with-db", check=6)
    assert site.codes(plan) == ["tool-failed"] and "no settings" in str(plan["findings"])
    shows = "raise RuntimeError(f\"ImproperlyConfigured: {url.password} {os.environ['SHOP_URL']}\")"
    (folder / "site_settings.py").write_text(f"{settings}\n{shows}\n")
    plan = site.plan("--with-db", check=6)
    (finding,) = [row for row in plan["findings"] if row["code"] == "tool-failed"]
    assert "ImproperlyConfigured: " in finding["message"]
    assert site.environment["SHOP_URL"] not in str(plan) and PASSWORD not in str(plan)
    (folder / "site_settings.py").write_text(settings)
    ready = site.plan("--with-db")
    (folder / "site_settings.py").write_text(elsewhere)
    assert site.execute(ready, check=10)["error"]["code"] == "drifted"
    assert site.applied() == ["0001_initial", "0002_channel"]


SLOW = """import os, time
from pathlib import Path
def back(apps, editor):
    Path(os.environ["HOME"], "at-work").touch()
    while Path(os.environ["HOME"], "wait").exists():
        time.sleep(0.05)
"""


@pytest.mark.parametrize("site", ["postgresql", "mysql"], indirect=True)
def test_a_down_that_was_killed_is_taken_up_again(site):
    waits = "migrations.RunPython(migrations.RunPython.noop, back)"
    site.migration("0002_channel", f"{CHANNEL}, {waits}", "shop.0001_initial", code=SLOW)
    site.migration("0003_legacy", LEGACY, "shop.0002_channel")
    broken(site)
    wait, at_work = (Path(site.environment["HOME"], name) for name in ("wait", "at-work"))
    wait.touch()
    plan = site.plan("--with-db", "--accept-loss")
    process = site.start("execute", *site.approved(plan))
    end = time.monotonic() + 60
    while not at_work.exists():
        assert time.monotonic() < end and process.poll() is None, process.communicate()
        time.sleep(0.05)
    kill_run(process, plan["run"])  # the tool in the release goes on
    assert site.applied() == ["0001_initial", "0002_channel"]
    done = site.script("execute", *site.approved(plan), check=9)
    assert done["error"]["code"] == "locked", "what the killed run left still works"
    wait.unlink()
    end = time.monotonic() + 30
    while (done := site.execute(plan, check=None))["exit"] == 9:
        assert time.monotonic() < end, done
        time.sleep(0.2)
    assert (done["outcome"], done["exit"]) == ("done", 0), done
    assert (site.applied(), columns(site)) == (["0001_initial"], {"id", "legacy", "note"})


@pytest.mark.parametrize("site", ["mysql"], indirect=True)
def test_a_reversal_that_was_killed_half_way_can_be_restored(site):
    site.migration("0002_channel", CHANNEL, "shop.0001_initial")
    site.migration("0003_legacy", LEGACY, "shop.0002_channel")
    broken(site)
    plan = site.plan("--with-db")
    kill_at(site, "execute", plan, 5)
    end = time.monotonic() + 30
    while (done := site.restore(plan, check=None))["exit"] == 9:
        assert time.monotonic() < end, done
        time.sleep(0.2)
    assert done["outcome"] == "restored", done
    assert site.applied() == ["0001_initial", "0002_channel", "0003_legacy"]
    assert (columns(site), site.answer()) == ({"id", "note", "channel"}, (500, "v1.2"))


@pytest.mark.parametrize("site", ["sqlite"], indirect=True)
def test_the_migrations_of_several_applications_go_back_in_order(site):
    site.migration("0002_channel", CHANNEL, "shop.0001_initial")
    site.migration("0001_initial", REFUNDS, "shop.0002_channel", app="billing")
    legacy = f"{LEGACY}, {NEEDS_REFUNDS}"
    site.migration("0003_legacy", legacy, "shop.0002_channel billing.0001_initial")
    broken(site)
    plan = site.plan("--with-db", "--accept-loss")
    (database,) = plan["databases"]
    ids = ["shop.0003_legacy", "billing.0001_initial", "shop.0002_channel"]
    assert [row["id"] for row in database["migrations"]] == ids
    assert site.execute(plan)["exit"] == 0
    assert (site.applied(), site.applied("billing")) == (["0001_initial"], [])
    assert site.restore(plan, check=None)["outcome"] == "restored"
    assert (len(site.applied()), site.applied("billing")) == (3, ["0001_initial"])


NEEDS_REFUNDS = 'migrations.RunSQL("SELECT count(*) FROM billing_refund", migrations.RunSQL.noop)'


@pytest.mark.parametrize("site", ["sqlite"], indirect=True)
def test_a_start_that_was_killed_before_the_row_went_is_told(site):
    site.migration("0002_channel", CHANNEL, "shop.0001_initial")
    folder = broken(site)
    plan = site.plan("--with-db")
    site.sql("ALTER TABLE shop_order DROP COLUMN channel" + RETURNED)
    site.execute(plan, check=5)
    log = (Path(plan["run"]) / "rollback.log").read_text()
    assert "changed the schema, but not the row of the tool: applied, shop_order.channel" in log
    assert (
        "correct that row, then run this again: manage.py migrate --fake shop 0001_initial" in log
    )
    site.in_release(folder, *MIGRATE, "shop", "0001_initial", "--fake")
    assert site.execute(plan)["exit"] == 0
    assert site.applied() == ["0001_initial"]


@pytest.mark.parametrize("site", ["postgresql"], indirect=True)
def test_what_the_list_prints_can_be_pasted(site):
    site.migration("0002_channel", CHANNEL, "shop.0001_initial")
    site.migration("0003_legacy", LEGACY, "shop.0002_channel")
    broken(site)
    plan = site.plan("--with-db")
    environment = {**site.environment, "PGPASSWORD": PASSWORD, "MYSQL_PWD": MariaDB.PASSWORD}
    words = ["bash", str(Path(plan["run"]) / "rollback.sh"), "--list"]
    listed = subprocess.run(words, env=environment, capture_output=True, text=True, check=True)
    subprocess.run(["bash", "-e"], input=listed.stdout, env=environment, text=True, check=True)
    assert (site.applied(), columns(site)) == (["0001_initial"], {"id", "legacy", "note"})


@pytest.mark.parametrize("site", ["sqlite"], indirect=True)
def test_an_application_that_has_a_label_of_its_own_goes_back(site):
    """From here on the folder `shop` is the application `store`."""
    config = "from django.apps import AppConfig\nclass Store(AppConfig):\n    name = 'shop'\n"
    site.put("shop/apps.py", f"{config}    label = 'store'\n")
    site.sql(f"ALTER TABLE shop_order RENAME TO store_order{RETURNED}")
    site.sql(f"UPDATE django_migrations SET app = 'store' WHERE app = 'shop'{RETURNED}")
    site.migration("0002_channel", CHANNEL, "store.0001_initial")
    broken(site)
    plan = site.plan("--with-db")
    assert [row["id"] for row in plan["databases"][0]["migrations"]] == ["store.0002_channel"]
    done = site.execute(plan)
    assert (done["outcome"], site.applied("store")) == ("done", ["0001_initial"]), done
