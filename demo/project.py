"""Create a throw-away project: a git repository with four Capistrano releases.

The newest is broken; the one before it never finished. A fifth renames a column.
"""

from __future__ import annotations

import io
import os
import shutil
import socket
import sqlite3
import subprocess
import sys
import tarfile
import time
from dataclasses import dataclass
from pathlib import Path

SHOP = Path(__file__).parent / "shop"
HOUR = 3600
MIGRATIONS = Path("db/migrations")
URL = "SHOP_DATABASE_URL"  # the variable with the URL of the database
OPENING = """\
-- migrate:up
CREATE TABLE orders (id INTEGER PRIMARY KEY, paid INTEGER NOT NULL);

-- migrate:down
DROP TABLE orders;
"""
RENAMING = """\
-- migrate:up
ALTER TABLE orders RENAME COLUMN paid TO settled;

-- migrate:down
ALTER TABLE orders RENAME COLUMN settled TO paid;
"""


@dataclass(frozen=True)
class Release:
    version: str
    age: int  # seconds since its deploy
    author: str
    subject: str
    count: str  # the query behind /health
    finished: bool = True

    def id(self, now: float) -> str:
        """Return the folder's name, as Capistrano gives it."""
        return time.strftime("%Y%m%d%H%M%S", time.gmtime(now - self.age))


RELEASES = (
    Release("v1", 9 * 24 * HOUR, "Ana", "Open the shop", "SELECT count(*) FROM orders"),
    Release(
        "v2",
        3 * 24 * HOUR,
        "Ben",
        "Count paid orders only",
        "SELECT count(*) FROM orders WHERE paid",
    ),
    Release(
        "v3",
        2 * HOUR,
        "Ana",
        "Move the images to a bucket",
        "SELECT count(*) FROM orders WHERE paid",
        finished=False,
    ),
    Release(
        "v4", HOUR // 3, "Ben", "Count order items", "SELECT count(*) FROM order_items"
    ),  # a table that nobody made
)
RENAMED = Release("v5", 0, "Ana", "Say settled, not paid", "SELECT count(*) FROM order_items")


@dataclass(frozen=True)
class Shop:
    """Where everything of one throw-away shop lies."""

    root: Path
    port: int

    @property
    def project(self) -> Path:
        return self.root / "project"

    @property
    def server(self) -> Path:
        return self.root / "shop"

    def control(self, verb: str) -> list[str]:
        """Return the command that does `restart` or `stop`."""
        return [sys.executable, str(self.server / "shared" / "control.py"), verb, str(self.port)]

    @property
    def database(self) -> Path:
        return self.server / "shared" / "shop.sqlite3"

    @property
    def health(self) -> str:
        return f"http://127.0.0.1:{self.port}/health"


def make(root: Path) -> Shop:
    """Create a project and its server folder below `root`, with v4 live but not running.

    control("restart") starts it.
    """
    shop = Shop(root, _free_port())
    (shop.server / "shared").mkdir(parents=True)
    (shop.server / "releases").mkdir()
    shutil.copy(SHOP / "control.py", shop.server / "shared")
    (shop.project / MIGRATIONS).mkdir(parents=True)
    _database(shop)
    _repository(shop)
    now = time.time()
    for release in RELEASES:
        _deploy(shop, release, now)
    return shop


def rename(shop: Shop) -> None:
    """Deploy v5, whose migration renames a column, and which is as broken as v4."""
    _migrate(shop, "20260202000000", "say_settled", RENAMING)
    _commit(shop, RENAMED)
    _deploy(shop, RENAMED, time.time())


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _database(shop: Shop) -> None:
    with sqlite3.connect(shop.database) as database:
        database.execute("CREATE TABLE schema_migrations (version varchar(128) PRIMARY KEY)")
    _migrate(shop, "20260101000000", "open_the_shop", OPENING)
    with sqlite3.connect(shop.database) as database:
        database.executemany("INSERT INTO orders (paid) VALUES (?)", [(1,), (1,), (0,)])


def _migrate(shop: Shop, version: str, name: str, text: str) -> None:
    """Write a migration and apply it, as dbmate does."""
    (shop.project / MIGRATIONS / f"{version}_{name}.sql").write_text(text)
    with sqlite3.connect(shop.database) as database:
        database.execute(text.partition("-- migrate:down")[0])
        database.execute("INSERT INTO schema_migrations VALUES (?)", (version,))


def _repository(shop: Shop) -> None:
    project = shop.project
    (project / "config" / "deploy").mkdir(parents=True)
    (project / ".claude").mkdir()
    (project / "Capfile").write_text('require "capistrano/setup"\nrequire "capistrano/deploy"\n')
    (project / "config" / "deploy.rb").write_text(
        f'set :application, "shop"\nset :deploy_to, "{shop.server}"\n'
    )
    (project / "config" / "deploy" / "demo.rb").write_text('server "localhost", roles: %w[app]\n')
    (project / ".claude" / "deployment-rollback.yml").write_text(_settings(shop))
    shutil.copy(SHOP / "server.py", project)
    _git(project, "init", "-q", "-b", "main")
    for release in RELEASES:
        _commit(shop, release)


def _commit(shop: Shop, release: Release) -> None:
    (shop.project / "release.py").write_text(
        f'VERSION = "{release.version}"\nCOUNT = "{release.count}"\n'
    )
    _git(shop.project, "add", "-A")
    words = ("commit", "-q", "-m", release.subject)
    _git(shop.project, *words, author=release.author, age=release.age + HOUR // 6)
    _git(shop.project, "tag", release.version)


def _settings(shop: Shop) -> str:
    """Return the settings; JSON strings are YAML strings, so paths are quoted by machine."""
    import json

    return f"""environments:
  demo:
    protected: false
    unattended: true  # the standing Yes: execute.py runs with --digest and --reason
    platform: release-folders
    path: {json.dumps(str(shop.server))}
    restart: {json.dumps(shop.control("restart"))}
    database: {{url: {URL}}}
    health:
      - url: {json.dumps(shop.health)}
        version_key: version
"""


def _deploy(shop: Shop, release: Release, now: float) -> None:
    """Create what `cap demo deploy` leaves.

    An unfinished deploy has no REVISION, no link and no line in the log.
    """
    folder = shop.server / "releases" / release.id(now)
    folder.mkdir()
    archive = subprocess.run(
        ["git", "archive", release.version, "server.py", "release.py"],
        cwd=shop.project,
        check=True,
        capture_output=True,
    ).stdout
    with tarfile.open(fileobj=io.BytesIO(archive)) as files:
        files.extractall(folder)  # noqa: S202 our own archive
    if release.finished:
        commit = _git(shop.project, "rev-parse", release.version)
        (folder / "REVISION").write_text(commit + "\n")
        with (shop.server / "revisions.log").open("a") as log:
            log.write(
                f"Branch main (at {commit}) deployed as release {folder.name} "
                f"by {release.author.lower()}\n"
            )
        (shop.server / "current").unlink(missing_ok=True)
        (shop.server / "current").symlink_to(folder)
    os.utime(folder, (now - release.age, now - release.age))


def _git(project: Path, *words: str, author: str = "Demo", age: int = 0) -> str:
    """Run git without the user's own configuration (signing, hooks, templates)."""
    when = f"{int(time.time()) - age} +0000"
    who = {
        f"GIT_{role}_{key}": value
        for role in ("AUTHOR", "COMMITTER")
        for key, value in (
            ("NAME", author),
            ("EMAIL", f"{author.lower()}@shop.invalid"),
            ("DATE", when),
        )
    }
    quiet = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    return subprocess.run(
        ["git", *words],
        cwd=project,
        env={**os.environ, **quiet, **who},
        check=True,
        capture_output=True,
        text=True,
    ).stdout.strip()
