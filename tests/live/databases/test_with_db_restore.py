"""What a restore may bring back, in which order, and what it refuses."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

import pytest
from database_site import CHANNEL, LEGACY, DatabaseSite, releases


def by_hand(site: DatabaseSite, run: str) -> subprocess.CompletedProcess[str]:
    """restore.sh of a run, without a terminal."""
    return subprocess.run(
        ["bash", str(Path(run) / "restore.sh")],
        env=site.environment,
        capture_output=True,
        text=True,
        start_new_session=True,
    )


@pytest.mark.parametrize("site", ["sqlite"], indirect=True)
def test_a_run_below_a_later_one_is_not_restored(site):
    releases(site, _2_legacy=LEGACY)
    with_db = site.plan("--with-db")
    alone = site.plan("--accept-schema", "it copes")
    site.execute(alone)
    time.sleep(1)  # a run's times are kept in seconds
    site.execute(with_db)
    assert (site.applied(), site.answer()) == (["1"], (200, "v1.1"))
    refused = site.restore(alone, check=6)["error"]
    assert refused["code"] == "later-run" and with_db["run"] in refused["fix"]
    assert site.script("plan", "staging", "restore", check=6)["error"]["code"] == "later-run"
    hand = by_hand(site, alone["run"])
    assert hand.returncode == 6 and "began later" in hand.stderr
    assert (site.applied(), site.answer()) == (["1"], (200, "v1.1"))
    # the application was the other run's: this restore brings no v1.2, and health waits for none
    began = time.monotonic()
    assert site.restore(with_db, check=5)["health"]["verdict"] == "healthy"
    assert (site.applied(), site.answer()) == (["1", "2"], (200, "v1.1"))
    assert time.monotonic() - began < 60
    assert by_hand(site, alone["run"]).returncode == 4, "only the approval is missing"
    assert site.restore(alone, check=None)["outcome"] == "restored"
    assert site.answer() == (500, "v1.2")


def undone(plan: dict[str, str]) -> list[str]:
    """What a restore does to the schema and to the application, in order."""
    lines = (Path(plan["run"]) / "restore.sh").read_text().splitlines()
    titles = [
        line.split(". ", 1)[1] for line in lines if line.startswith("# ---- ") and ". " in line
    ]
    return [title.split()[0] for title in titles if title.startswith(("Apply", "Restart"))]


@pytest.mark.parametrize("site", ["sqlite"], indirect=True)
def test_a_restore_brings_back_first_what_the_newer_code_needs(site):
    releases(site, _2_legacy=LEGACY, _3_channel=CHANNEL)
    plan = site.plan("--with-db")
    assert plan["databases"][0]["order"] == "before-app"
    assert undone(plan) == ["Apply", "Apply", "Restart"]
    note = next(row for row in plan["findings"] if row["code"] == "restore-migrates")
    assert "before the application" in note["message"]
    site.execute(plan)
    assert site.restore(plan, check=None)["outcome"] == "restored"
    assert site.applied() == ["1", "2", "3"]


@pytest.mark.parametrize("site", ["sqlite"], indirect=True)
def test_a_restore_that_only_drops_goes_after_the_older_code(site):
    releases(site, _2_legacy=LEGACY)
    assert undone(site.plan("--with-db")) == ["Restart", "Apply"]


@pytest.mark.parametrize("site", ["sqlite"], indirect=True)
def test_a_restore_of_an_addition_begins_with_the_schema(site):
    releases(site, _2_channel=CHANNEL)
    assert undone(site.plan("--with-db")) == ["Apply", "Restart"]
