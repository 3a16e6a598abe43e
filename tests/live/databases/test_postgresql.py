"""What is judged is what happens: the old code runs against PostgreSQL after each statement of a release."""

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

BED = ROOT / "tests/live/beds/postgresql.sh"
CASES = cases("postgresql")
PREPARED = """
CREATE ROLE old_code;
CREATE DATABASE shop;
\\connect shop
"""
GRANTED = """
GRANT ALL ON ALL TABLES IN SCHEMA public TO old_code;
GRANT USAGE ON SCHEMA archive TO old_code;
GRANT SELECT ON archive.sums TO old_code;
GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO old_code;
ALTER DEFAULT PRIVILEGES GRANT ALL ON SEQUENCES TO old_code;
\\set ON_ERROR_STOP off
\\set ON_ERROR_ROLLBACK on
"""


@pytest.fixture(scope="module")
def errors() -> Iterator[list[dict[str, list[str]]]]:
    """For each row what PostgreSQL said against the statement and against the old code after it."""
    if not list(Path("/usr/lib/postgresql").glob("*/bin/initdb")) or os.geteuid() != 0:
        pytest.skip("needs root and PostgreSQL's server: tests/live/beds/postgresql.sh install")
    folder = tempfile.mkdtemp()  # not below pytest's folder, which other users cannot enter
    subprocess.run(["bash", BED, "start", folder], check=True, stdout=subprocess.DEVNULL)
    try:
        psql = [
            "psql",
            "-X",
            "-q",
            "-h",
            folder,
            "-U",
            "postgres",
            "-v",
            "ON_ERROR_STOP=1",
            "-d",
            "postgres",
        ]
        done = subprocess.run(psql, input=script(), check=True, capture_output=True, text=True)
    finally:
        subprocess.run(["bash", BED, "stop", folder], check=True, stdout=subprocess.DEVNULL)
        shutil.rmtree(folder)
    yield [
        dict(zip(("release", "old code"), map(refused, part.split("@old\n")), strict=True))
        for part in done.stderr.split("@row\n")[1:]
    ]


def script() -> str:
    parts = [PREPARED, CASES.schema, GRANTED]
    for _, statements in CASES.rows:
        inside = statements.replace(
            " CONCURRENTLY", ""
        )  # not possible in a transaction; the end is the same
        parts += [
            "\\warn @row",
            "BEGIN;",
            inside,
            "\\warn @old",
            "SET ROLE old_code;",
            *CASES.old_code,
            "RESET ROLE;",
            "ROLLBACK;",
        ]
    return "\n".join(parts)


def refused(text: str) -> list[str]:
    return re.findall(r"ERROR:  (.*)", text)


def test_the_old_code_meets_what_the_table_says(errors):
    wrong = []
    for (verdict, statements), seen in zip(CASES.rows, errors, strict=True):
        if verdict != "unknown" and (
            seen["release"] or (verdict in ("tightened", "contract")) != bool(seen["old code"])
        ):
            wrong.append((verdict, statements, seen))
    assert not wrong, "\n".join(map(str, wrong))


def test_the_old_code_runs_on_its_own_schema(errors):
    harmless = [
        seen["old code"]
        for (_, statements), seen in zip(CASES.rows, errors, strict=True)
        if statements.startswith("COMMENT")
    ]
    assert harmless == [[]]
