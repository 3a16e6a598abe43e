"""Runs that stopped early: what the result, the status and a restore say of them."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from typing import Any

import pytest
from database_site import CHANNEL, LEGACY, program, releases
from folders_site import SCRIPTS

pytestmark = pytest.mark.parametrize("site", ["sqlite"], indirect=True)


def lines(site: Any, script: str, *words: str) -> str:
    done = subprocess.run(
        [sys.executable, SCRIPTS / f"{script}.py", *words],
        cwd=site.project,
        env=site.environment,
        capture_output=True,
        text=True,
    )
    return done.stdout + done.stderr


def failed_backup(site: Any) -> Any:
    """A plan whose run ended at the backup."""
    releases(site, _2_legacy=LEGACY)
    program(site, "false-backup", "exit 4")
    site.configure(backup={"command": ["false-backup"]})
    plan = site.plan("--with-db")
    failed = site.execute(plan, check=5)
    assert not any("backup of" in line or "to undo" in line for line in failed["open"]), failed
    return plan


def test_a_restore_after_a_failed_backup_restores_nothing_and_ends_the_run(site):
    plan = failed_backup(site)
    assert "backup of" not in lines(site, "plan", "status")
    back = site.restore(plan)
    assert (back["outcome"], back["exit"]) == ("already", 0)
    assert {row["state"] for row in back["targets"]} == {"unchanged"}
    assert site.applied() == ["1", "2"]
    assert site.restore(plan)["outcome"] == "already"
    status = lines(site, "plan", "status")
    assert "last run: already (exit 0)" in status and "unfinished" not in status
    assert "unfinished-run" not in site.codes(site.plan("--with-db"))


def test_a_run_that_was_ended_so_can_be_started_again(site):
    plan = failed_backup(site)
    site.restore(plan)
    program(site, "false-backup", "echo kept")
    assert site.execute(plan)["outcome"] == "done"
    assert site.applied() == ["1"]
    assert site.restore(plan, check=None)["outcome"] == "restored"


def test_a_result_that_a_kill_left_out_is_told_and_recorded_later(site):
    releases(site, _2_legacy=LEGACY, _3_channel=CHANNEL)
    plan = site.plan("--with-db")
    process = site.start("execute", *site.approved(plan))
    while not site.journal(plan):
        time.sleep(0.002)
    os.kill(process.pid, 9)  # the script goes on alone
    process.communicate()
    end = time.monotonic() + 60
    while "last run: done" not in (status := lines(site, "plan", "status")):
        assert time.monotonic() < end, status
        time.sleep(0.2)
    again = f"execute.py {plan['run']}"
    (told,) = [line for line in status.splitlines() if "no result was recorded" in line]
    assert again in told
    assert "open: backup of" in status
    assert again in lines(site, "summary", plan["run"])
    assert site.execute(plan)["outcome"] == "done"
    assert "no result was recorded" not in lines(site, "plan", "status")
