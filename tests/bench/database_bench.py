"""What databases add to a plan: seconds without migration files, without and with migrations.

Usage: as root, tests/live/beds/postgresql.sh install; .venv/<X.Y>/bin/python tests/bench/database_bench.py [ROWS]
One table of ROWS rows (default 2,000,000), ten migrations that add a column each. Asserts nothing.
"""

from __future__ import annotations

import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests/live/databases")]

from conftest import PASSWORD, Server  # noqa: E402
from database_site import ORDERS, DatabaseSite  # noqa: E402

TIMES = 5
MIGRATIONS = 10


def site(root: Path, server: Server, name: str, migrations: int, rows: int) -> DatabaseSite:
    """v1.0 and v1.1 are good, v1.2 came with the migrations."""
    server.create(name)
    made = DatabaseSite(
        root, server.url(name), lambda text: server.sql(f"SET ROLE shop; {text}", name)
    )
    made.release("v1.0", 20, _1_orders=ORDERS)
    made.release("v1.1", 9)
    made.sql(f"INSERT INTO orders SELECT n, 'x', 'y' FROM generate_series(1, {rows}) n")
    added = {
        f"_{n}_c{n}": (
            f"ALTER TABLE orders ADD COLUMN c{n} TEXT;",
            f"ALTER TABLE orders DROP COLUMN c{n};",
        )
        for n in range(2, 2 + migrations)
    }
    made.release("v1.2", 2, broken=True, **added)
    made.configure()
    made.serve()
    return made


def seconds(made: DatabaseSite, *words: str) -> float:
    """The median of some plans; the first one fills the caches."""
    made.plan(*words, check=None)
    taken = []
    for _ in range(TIMES):
        began = time.monotonic()
        made.plan(*words, check=None)
        taken.append(time.monotonic() - began)
    return statistics.median(taken)


def main(rows: int) -> None:
    server = Server(Path(tempfile.mkdtemp()))
    root = Path(tempfile.mkdtemp())
    server.start()
    try:
        quoted = PASSWORD.replace("'", "''")
        server.sql(f"CREATE ROLE shop LOGIN PASSWORD '{quoted}'")
        bare = site(root / "bare", server, "bare", 0, 10)
        shutil.rmtree(bare.project / "db")
        bare.settings(health=True)
        bare.git("commit", "-qam", "no migration files, no database in the settings")
        none = site(root / "none", server, "none", 0, 10)
        many = site(root / "many", server, "many", MIGRATIONS, rows)
        base = seconds(bare)
        print("| plan | seconds | more |\n|---|---|---|")
        print(f"| no migration files | {base:.2f} | |")
        for name, made, words in (
            ("no migration in the span", none, []),
            ("no migration, --with-db", none, ["--with-db"]),
            (f"{MIGRATIONS} migrations", many, []),
            (f"{MIGRATIONS} migrations, --with-db", many, ["--with-db"]),
        ):
            taken = seconds(made, *words)
            print(f"| {name} | {taken:.2f} | {taken - base:+.2f} |", flush=True)
        for made in (bare, none, many):
            made.stop()
    finally:
        server.stop()
        shutil.rmtree(server.folder)
        shutil.rmtree(root)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 2_000_000)
