"""What is judged is what happens: the old code runs against MariaDB after each statement of a release."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
sys.path.insert(0, str(ROOT / "tests/unit"))

from verdict_cases import cases  # noqa: E402

BED = ROOT / "tests/live/beds/mariadb.sh"
CASES = cases("mysql")
TABLES = re.findall(r"^CREATE (?:TABLE|VIEW) (\w+)", CASES.schema, re.MULTILINE)
GRANTED = "".join(f"GRANT ALL ON shop.{table} TO old_code; " for table in TABLES)
REMOVED = "DROP USER IF EXISTS old_code; DROP DATABASE IF EXISTS shop;"
PREPARED = f"{REMOVED} CREATE DATABASE shop; USE shop; {CASES.schema} CREATE USER old_code;"


@pytest.fixture(scope="module")
def server() -> Iterator[Path]:
    if not (shutil.which("mariadbd") and shutil.which("mariadb")) or os.geteuid() != 0:
        pytest.skip("needs root and MariaDB's server: tests/live/beds/mariadb.sh install")
    folder = tempfile.mkdtemp()  # not below pytest's folder, which other users cannot enter
    subprocess.run(["bash", BED, "start", folder], check=True, stdout=subprocess.DEVNULL)
    try:
        yield Path(folder)
    finally:
        subprocess.run(["bash", BED, "stop", folder], check=True, stdout=subprocess.DEVNULL)
        shutil.rmtree(folder)


def run(server: Path, user: str, sql: str, *words: str) -> list[str]:
    """Return the errors of these statements; all of them run."""
    client = ["mariadb", "--no-defaults", "--force", "-S", server / "socket", "-u", user, *words]
    done = subprocess.run(client, input=sql, capture_output=True, text=True)
    return re.findall(r"^ERROR (.*)", done.stderr, re.MULTILINE)


def refusals(server: Path, statements: str) -> tuple[list[str], list[str]]:
    """Return what MariaDB says against the release, and against the old code after it."""
    assert run(server, "root", f"{PREPARED} {GRANTED}") == []
    release = run(server, "root", statements, "shop")
    return release, run(server, "old_code", "\n".join(CASES.old_code), "shop")


@pytest.mark.parametrize("verdict, statements", [row for row in CASES.rows if row[0] != "unknown"])
def test_the_old_code_meets_what_the_table_says(server, verdict, statements):
    release, old_code = refusals(server, statements)
    assert release == []
    assert bool(old_code) == (verdict in ("tightened", "contract")), old_code


def test_the_old_code_runs_on_its_own_schema(server):
    assert refusals(server, "SELECT 1;") == ([], [])
