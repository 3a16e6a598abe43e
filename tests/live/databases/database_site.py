"""A site in release folders whose releases have dbmate migrations, and its database."""

from __future__ import annotations

import os
import shutil
import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

sys.path.insert(0, str(Path(__file__).parents[1] / "folders"))

from folders_site import Site

ORDERS = (
    "CREATE TABLE orders (id INTEGER PRIMARY KEY, legacy TEXT, note TEXT);",
    "DROP TABLE orders;",
)
CHANNEL = ("ALTER TABLE orders ADD COLUMN channel TEXT;", "ALTER TABLE orders DROP COLUMN channel;")
LEGACY = ("ALTER TABLE orders DROP COLUMN legacy;", "ALTER TABLE orders ADD COLUMN legacy TEXT;")
REFUNDS = ("CREATE TABLE refunds (id INTEGER PRIMARY KEY);", "DROP TABLE refunds;")
EMPTY_DOWN = ("CREATE TABLE audit (id INTEGER);", "")
TABLE = "CREATE TABLE IF NOT EXISTS schema_migrations (version varchar(128) primary key)"
Pair = tuple[str, str]


class DatabaseSite(Site):
    """`sql` runs statements in the database as its owner and returns the rows as lines."""

    def __init__(self, root: Path, url: str, sql: Callable[[str], str]) -> None:
        super().__init__(root)
        self.sql = sql
        self.environment["SHOP_URL"] = url
        self.sql(TABLE)

    def release(self, version: str, days: float, broken: bool = False, **migrations: Pair) -> None:
        """Commit migrations, deploy this version and migrate; "_2_b" is the file 2_b.sql."""
        folder = self.project / "db" / "migrations"
        folder.mkdir(parents=True, exist_ok=True)
        for name, (up, down) in migrations.items():
            text = f"-- migrate:up\n{up}\n\n-- migrate:down\n{down}\n"
            (folder / f"{name.lstrip('_')}.sql").write_text(text)
        self.git("add", "-A", "db")
        self.link(self.build(version, days, broken=broken))
        for name, (up, _) in migrations.items():
            self.sql(f"{up} INSERT INTO schema_migrations VALUES ('{name.split('_')[1]}');")

    def configure(self, **database: Any) -> None:
        self.settings(health=True, database={"url": "SHOP_URL", **database})

    def applied(self) -> list[str]:
        return self.sql("SELECT version FROM schema_migrations ORDER BY version").split()

    def codes(self, plan: Any, level: str = "blocker") -> list[str]:
        return [finding["code"] for finding in plan["findings"] if finding["level"] == level]


def sqlite_runner(file: Path) -> Callable[[str], str]:
    def run(text: str) -> str:
        with sqlite3.connect(file) as connection:
            *changes, last = [part for part in text.split(";") if part.strip()]
            for statement in changes:
                connection.execute(statement)
            rows = connection.execute(last).fetchall()
        connection.close()
        return "\n".join("|".join("" if v is None else str(v) for v in row) for row in rows)

    return run


class SqliteStore:
    """What native tools made in a file, kept for the whole lane."""

    kept: ClassVar[dict[tuple[str, ...], bytes]] = {}

    def __init__(self, file: Path) -> None:
        self.file = file

    def load(self, key: tuple[str, ...]) -> bool:
        if key in self.kept:
            self.file.write_bytes(self.kept[key])
        return key in self.kept

    def save(self, key: tuple[str, ...]) -> None:
        self.kept[key] = self.file.read_bytes()


def secrets_in(folder: Path, *secrets: str) -> list[str]:
    """Return the files below a folder that hold one of these texts."""
    files = [Path(place) / name for place, _, names in os.walk(folder) for name in names]
    return [
        str(file)
        for file in files
        if any(secret.encode() in file.read_bytes() for secret in secrets)
    ]


def program(site: DatabaseSite, name: str, text: str) -> None:
    """A program of this name before the real one, which is "$REAL"."""
    folder = site.project.parent / "bin"
    folder.mkdir(exist_ok=True)
    file = folder / name
    file.write_text(f"#!/bin/bash\nREAL={shutil.which(name)}\n{text}\n")
    file.chmod(0o755)
    site.environment["PATH"] = f"{folder}:{os.environ['PATH']}"


def releases(site: DatabaseSite, **newest: tuple[str, str]) -> None:
    """v1.0 and v1.1 are good, v1.2 with these migrations is live and broken."""
    site.release("v1.0", 20, _1_orders=ORDERS)
    site.release("v1.1", 9)
    site.sql("INSERT INTO orders (id, legacy) VALUES (1, 'a'), (2, 'b')")
    site.release("v1.2", 2, broken=True, **newest)
    site.configure()
    site.serve()
