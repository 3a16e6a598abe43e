"""From a fresh clone, with a new home and no packages: the demo shows a whole rollback and leaves nothing running."""

from __future__ import annotations

import json
import os
import re
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def clone(tmp_path_factory):
    """The committed state and nothing else."""
    place = tmp_path_factory.mktemp("fresh") / "a clone"
    subprocess.run(["git", "clone", "-q", ROOT, place], check=True)
    return place


@pytest.fixture(scope="module")
def demo(clone, tmp_path_factory):
    """What the demo printed, and its folder."""
    home = tmp_path_factory.mktemp("home")
    clean = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("CLAUDE", "XDG_")) and name != "VIRTUAL_ENV"
    }
    done = subprocess.run(
        ["bash", clone / "install.sh", "--demo"], cwd=home, env={**clean, "HOME": str(home), "TMPDIR": str(home), "PYTHONPATH": ""},
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    if "no connection to the package index" in done.stderr:
        pytest.skip("no package index in reach")
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout, next(home.glob("rollback-demo-*")), home


def test_the_broken_release_goes_and_the_good_one_serves(demo):
    answers = re.findall(r'^# GET \S+ answers (\d+) \{"version": "(v\d)"', demo[0], re.M)
    first, second = answers[:3], answers[3:]
    assert first == [("500", "v4"), ("200", "v2"), ("500", "v4")]
    assert second == [("500", "v5"), ("200", "v2"), ("500", "v5")]


def test_without_the_database_it_is_blocked_and_with_it_the_migration_goes_there_and_back(demo):
    blocked, ready = re.findall(r"^plan: (?:blocked|ready) .*?(?=^\$ |\Z)", demo[0], re.M | re.S)[
        1:
    ]
    assert re.search(r"^blocker schema-breaks-old-code: .*orders\.paid", blocked, re.M)
    assert "\nnext: " not in blocked
    assert re.search(r"^database: .* reverses 20260202000000 .*before the application", ready, re.M)
    shop = demo[1] / "shop/shared/shop.sqlite3"
    with closing(sqlite3.connect(shop)) as database:
        columns = [row[1] for row in database.execute("PRAGMA table_info(orders)")]
        applied = [row[0] for row in database.execute("SELECT version FROM schema_migrations")]
    assert (columns, applied) == (["id", "settled"], ["20260101000000", "20260202000000"])
    (backup,) = (demo[1] / "project").glob(".rollback-checkpoint-*/backup/*")
    with closing(sqlite3.connect(backup)) as database:
        assert database.execute("SELECT settled FROM orders").fetchall() == [(1,), (1,), (0,)]


def test_the_failed_deploy_is_skipped_and_the_bare_pick_named(demo):
    broken, failed, good = (
        row.split()[0] for row in re.findall(r"^  (\d{14} .*)$", demo[0], re.M)[:3]
    )
    assert re.search(
        rf"{broken} \(v4\) -> {good} \(v2\)(?:, served \d+ days?)? \(the platform's own command would pick {failed}\)",
        demo[0],
    )
    assert re.search(rf"^skipped: {failed}\b.* unfinished", demo[0], re.M)


def test_every_script_of_the_flow_is_shown_with_its_end(demo):
    assert re.findall(r"^\$ python3 scripts/(\w+)\.py", demo[0], re.M) == [
        "detect",
        "history",
        "plan",
        "execute",
        "summary",
        "restore",
        "plan",
        "plan",
        "execute",
        "restore",
    ]
    # two rollbacks, and the summary of the first
    assert len(re.findall(r"^done \(exit 0\)$", demo[0], re.M)) == 3
    assert len(re.findall(r"^restored \(exit 7\)$", demo[0], re.M)) == 2


def test_every_path_it_ends_with_is_there(demo):
    said = demo[0].partition("# The server is stopped. Look at:\n")[2]
    paths = [Path(line.strip()) for line in said.splitlines() if line.startswith("  ")]
    assert len(paths) >= 10
    assert [path for path in paths if not path.exists()] == []
    assert {"rollback.sh", "restore.sh", "journal.jsonl", "summary.md", "audit.jsonl"} <= {
        path.name for path in paths
    }


def test_nothing_is_left_running_or_lying_about(demo):
    _, folder, home = demo
    assert not (folder / "shop" / "shared" / "server.pid").exists()
    running = subprocess.run(
        ["ps", "-eo", "args"], capture_output=True, text=True, check=True
    ).stdout
    assert str(folder) not in running
    status = subprocess.run(
        ["git", "status", "--short"],
        cwd=folder / "project",
        capture_output=True,
        text=True,
        check=True,
    )
    assert status.stdout == ""
    assert not (home / ".local").exists()
    assert not (home / ".claude").exists()


def test_the_audit_it_leaves_is_unbroken(demo, clone):
    summary = [
        sys.executable,
        clone / "scripts" / "summary.py",
        "--verify-audit",
        "--json",
        "--project",
        demo[1] / "project",
    ]
    done = subprocess.run(summary, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    assert json.loads(done.stdout)["lines"] > 5


def test_the_clone_is_as_clean_as_before(demo, clone):
    assert (
        subprocess.run(
            ["git", "status", "--short"], cwd=clone, capture_output=True, text=True, check=True
        ).stdout
        == ""
    )
