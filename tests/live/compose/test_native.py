"""Django reverses its own migrations in the image of the release that is left."""

from __future__ import annotations

import os
import pwd
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from compose_shop import Shop
from test_database import PASSWORD, SERVER, URL, ready, sql

sys.path.insert(0, str(Path(__file__).parents[1] / "databases"))

from django_shop import CHANNEL, LEGACY, MANAGE, MIGRATION, ORDERS, SETTINGS
from journey_app import Traffic

from tests.parts import MIGRATION_TOOLS as BED

# this machine's Python and the bed's Django, in a container: no registry is needed
WEB = """\
    image: django:${{TAG}}
    command: [python3, app.py]
    stop_signal: SIGTERM
    working_dir: /app
    volumes: ["/usr:/usr:ro", "/lib:/lib:ro", "/lib64:/lib64:ro", "{python}:{python}:ro", "{bed}:{bed}:ro"]
"""
# it reads and writes its table with the columns that its release knows
APP = """\
import http.server, json, os, signal, threading
os.environ["DJANGO_SETTINGS_MODULE"] = "site_settings"
import django
from django.db import connection
django.setup()
names = ", ".join(json.load(open("columns.json")))
facts = {"version": os.environ["APP_VERSION"]}

class Handler(http.server.BaseHTTPRequestHandler):
    def log_message(self, *words): pass
    def do_GET(self):
        status = int(os.environ["APP_STATUS"])
        if self.path == "/orders":
            status = self.order()
        self.send_response(status)
        self.end_headers()
        self.wfile.write(json.dumps(facts).encode())

    def order(self):
        try:
            with connection.cursor() as cursor:
                cursor.execute("INSERT INTO shop_order (note) VALUES ('x')")
                cursor.execute(f"SELECT {names} FROM shop_order LIMIT 5")
            return 200
        except django.db.Error as error:
            print(error, flush=True)
            return 503
        finally:
            connection.close()

class Server(http.server.ThreadingHTTPServer):
    daemon_threads = False

server = Server(("0.0.0.0", 8080), Handler)
signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
server.serve_forever(0.05)
server.server_close()
"""
OLD, NEW = '["id", "legacy", "note"]', '["id", "note"]'


def test_it_goes_back_and_forward_again_under_traffic(site, record_property):
    """One container cannot be replaced without a gap; whatever is answered is answered well.

    The new code here does not read the column that goes before it does: the plan warns of that."""
    assert columns(site) == {"id", "note", "channel"}
    plan = site.plan("--with-db", SHOP_URL=URL)
    (database,) = plan["databases"]
    assert (database["tool"], database["order"]) == ("django", "before-app")
    (order,) = [row for row in plan["findings"] if row["code"] == "database-order"]
    assert order["level"] == "warning" and "runs without shop.0002_channel" in order["message"]
    assert "requests of the older code may fail" in str(plan["findings"]), "of the restore"
    with Traffic(f"http://127.0.0.1:{site.port}/orders") as traffic:
        done = site.execute(plan, SHOP_URL=URL)
    assert (done["outcome"], done["exit"]) == ("done", 0), done
    assert traffic.versions() == {"v2", "v3"}
    assert {status for status, _ in traffic.answers} <= {200, "none"}, traffic.failures
    record_property("requests", {str(answer): n for answer, n in traffic.answers.items()})
    assert (applied(site), columns(site)) == (["0001_initial"], {"id", "legacy", "note"})
    assert site.answer() == (200, "v2")
    assert PASSWORD not in str(plan) + str(done)
    back = site.execute(plan, None, "restore", SHOP_URL=URL)
    assert back["outcome"] == "restored", back
    assert len(applied(site)) == 3 and columns(site) == {"id", "note", "channel"}
    assert site.answer() == (500, "v3")
    run_of_the_settings_takes_the_place_of_the_image(site)


def run_of_the_settings_takes_the_place_of_the_image(site):
    text = (site.root / ".claude/deployment-rollback.yml").read_text()
    run = "run: [docker, compose, exec, -T, web]"
    site.write(
        ".claude/deployment-rollback.yml", text.replace("url: SHOP_URL", f"url: SHOP_URL, {run}")
    )
    site.commit("settings")
    plan = site.plan("--with-db", SHOP_URL=URL)
    script = (Path(plan["run"]) / "rollback.sh").read_text()
    assert "docker compose exec -T web python3 manage.py migrate" in script.replace("'", "")
    assert site.execute(plan, SHOP_URL=URL)["exit"] == 0
    assert (applied(site), columns(site)) == (["0001_initial"], {"id", "legacy", "note"})
    back = site.execute(plan, None, "restore", SHOP_URL=URL)
    assert back["outcome"] == "restored", back
    assert len(applied(site)) == 3


def columns(shop: Shop) -> set[str]:
    query = "SELECT column_name FROM information_schema.columns WHERE table_name = 'shop_order'"
    return set(sql(shop, query).split())


def applied(shop: Shop) -> list[str]:
    return sql(shop, "SELECT name FROM django_migrations WHERE app = 'shop' ORDER BY 1").split()


@pytest.fixture
def site(shop: Shop) -> Iterator[Shop]:
    """v1 and v2 are good, v3 is live, answers 500 and dropped a column."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    if not folders or not (BED / "python/bin/django-admin").exists():
        pytest.skip("needs beds: postgresql.sh install, migration_tools.sh install")
    account = pwd.getpwnam("postgres")
    python = Path(os.path.realpath(BED / "python/bin/python3")).parents[1]
    web = WEB.format(python=python, bed=BED / "python")
    server = SERVER.format(bin=folders[-1], user=f"{account.pw_uid}:{account.pw_gid}")
    file = (shop.root / "docker-compose.yml").read_text()
    file = file.replace("    image: shop:${TAG}\n", web).partition("    image: db:1\n")[0] + server
    path = f"{BED}/python/bin:/usr/bin:/bin"
    file = file.replace(
        "    environment:\n      COLOR",
        f"    environment:\n      PATH: {path}\n      SHOP_URL: {URL!r}\n      COLOR",
        1,
    )
    shop.write("docker-compose.yml", file)
    settings = (shop.root / ".claude/deployment-rollback.yml").read_text()
    shop.write(".claude/deployment-rollback.yml", f"{settings}    database: {{url: SHOP_URL}}\n")
    files = {"manage.py": MANAGE, "site_settings.py": SETTINGS, "app.py": APP, "columns.json": OLD}
    for name, text in files.items():
        shop.write(name, text)
    for app in ("shop", "billing"):
        shop.write(f"{app}/__init__.py", "")
        shop.write(f"{app}/migrations/__init__.py", "")
    migration(shop, "0001_initial", ORDERS, "")
    for version in ("v1", "v2"):
        deploy(shop, version)
    ready(shop)
    quoted = PASSWORD.replace("'", "''")
    sql(shop, f"CREATE ROLE shop LOGIN PASSWORD '{quoted}'", "postgres", "postgres")
    sql(shop, "CREATE DATABASE shop OWNER shop", "postgres", "postgres")
    migrate(shop)
    sql(shop, "INSERT INTO shop_order (legacy, note) VALUES ('a', '')")
    migration(shop, "0002_channel", CHANNEL, '("shop", "0001_initial")')
    migration(shop, "0003_legacy", LEGACY, '("shop", "0002_channel")')
    shop.write("columns.json", NEW)
    deploy(shop, "v3")
    migrate(shop)
    yield shop
    shop.remove()  # an image that others were built on cannot be removed by another test
    shop.run("docker", "rmi", *(f"django:{version}" for version in ("v1", "v2", "v3")))


def migration(shop: Shop, name: str, operations: str, after: str) -> None:
    text = MIGRATION.format(operations=operations, after=after, code="")
    shop.write(f"shop/migrations/{name}.py", text)


def migrate(shop: Shop) -> None:
    words = ("exec", "-T", "web", "python3", "manage.py", "migrate", "--no-input")
    shop.run(*shop.tool, *words)


def deploy(shop: Shop, version: str) -> None:
    """Build an image that holds the files of the commit, and start it."""
    shop.write(".env", f"TAG={version}\n")
    shop.commit(f"release {version}", version)
    container = shop.run("docker", "create", f"shop:{version}").strip()
    archive = subprocess.run(
        ["git", "archive", "--prefix=app/", version], cwd=shop.root, check=True, capture_output=True
    )
    subprocess.run(
        ["docker", "cp", "-", f"{container}:/"],
        input=archive.stdout,
        env=shop.engine.environment,
        check=True,
        capture_output=True,
    )
    shop.run("docker", "commit", container, f"django:{version}")
    shop.run("docker", "rm", container)
    shop.up()
