"""What is judged is what happens: the old code runs against MariaDB after each statement of a release."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
sys.path.insert(0, str(ROOT / "tests/unit"))

from mariadb_server import MariaDB  # noqa: E402
from verdict_cases import cases  # noqa: E402

CASES = cases("mysql")
TABLES = re.findall(r"^CREATE (?:TABLE|VIEW) (\w+)", CASES.schema, re.MULTILINE)
GRANTED = "".join(f"GRANT ALL ON shop.{table} TO old_code; " for table in TABLES)
REMOVED = "DROP USER IF EXISTS old_code; DROP DATABASE IF EXISTS shop;"
PREPARED = f"{REMOVED} CREATE DATABASE shop; USE shop; {CASES.schema} CREATE USER old_code;"


@pytest.fixture
def server(mariadb: MariaDB) -> Path:
    return mariadb.folder


def run(server: Path, user: str, sql: str, *words: str) -> list[str]:
    """Return the errors of these statements; all of them run."""
    client = ["mariadb", "--no-defaults", "--force", "-S", server / "socket", "-u", user, *words]
    done = subprocess.run(client, input=sql, capture_output=True, text=True)
    return re.findall(r"^ERROR (.*)", done.stderr, re.MULTILINE)


def refusals(server: Path, statements: str) -> tuple[list[str], list[str]]:
    """Return what MariaDB says against the release, and against the old code after it."""
    release = run(server, "root", f"{PREPARED} {GRANTED}\n{statements}")
    return release, run(server, "old_code", "\n".join(CASES.old_code), "shop")


@pytest.mark.parametrize("verdict, statements", [row for row in CASES.rows if row[0] != "unknown"])
def test_the_old_code_meets_what_the_table_says(server, verdict, statements):
    release, old_code = refusals(server, statements)
    assert release == []
    assert bool(old_code) == (verdict in ("tightened", "contract")), old_code


def test_the_old_code_runs_on_its_own_schema(server):
    assert refusals(server, "SELECT 1;") == ([], [])
