"""What is asked on a host before release folders are touched: the checks before, the checkpoint, the processes."""

from __future__ import annotations

import json
import shutil
import subprocess
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from test_release_folders_shell import app, findings, moves

from rollback.platforms import release_folders

pytestmark = pytest.mark.programs


def test_a_host_that_can_do_it_has_no_findings(tmp_path):
    root = app(tmp_path / "shop", "1", "2")
    (root / "revisions.log").write_text("".join(f"Branch main (at {name}) deployed as release {name} by ana\n" for name in "12"))
    assert set(findings(root, "1", restart=("true",))) <= {"disk-full"}


def test_a_deploy_under_way_is_seen(tmp_path):
    now = datetime.now(timezone.utc)
    names = [(now - timedelta(minutes=minutes)).strftime("%Y%m%d%H%M%S") for minutes in (5000, 3000, 4)]
    root = app(tmp_path / "shop", *names, live=names[1])
    assert (found := findings(root, names[0])["deploy-running"]).level == "warning" and "4 min ago" in found.message
    (root / ".dep").mkdir()
    (root / ".dep" / "deploy.lock").write_text("bob")
    (root / ".dep" / "releases_log").write_text("")
    blockers = [finding for finding in release_folders.preflight(*moves(root, names[0])) if finding.level == "blocker"]
    assert [finding.code for finding in blockers] == ["deploy-running"] and "bob" in blockers[0].message


def test_what_the_restart_needs_is_looked_for_in_the_release_to_go_to(tmp_path):
    root = app(tmp_path / "shop", "1", "2")
    (root / "releases" / "2" / "restart.sh").write_text("#!/bin/sh\n")
    (root / "releases" / "2" / "restart.sh").chmod(0o755)
    assert findings(root, "1", restart=("./restart.sh",))["restart-missing"].level == "blocker"
    shutil.copy(root / "releases" / "2" / "restart.sh", root / "releases" / "1")
    assert "restart-missing" not in findings(root, "1", restart=("./restart.sh",))
    assert findings(root, "1")["no-restart"].level == "note"


def test_a_folder_that_vanished_since_the_history_is_a_blocker(tmp_path):
    root = app(tmp_path / "shop", "1", "2")
    found, shell = moves(root, "1")
    shutil.rmtree(root / "releases" / "1")
    assert [finding.code for finding in release_folders.preflight(found, shell) if finding.level == "blocker"] == ["artifact-gone"]


def test_the_checkpoint_holds_checksums_of_shared_files_and_never_their_contents(tmp_path):
    root = app(tmp_path / "shop", "1", "2")
    (root / "shared" / "config").mkdir(parents=True)
    (root / "shared" / ".env").write_text("PASSWORD=hunter2\n")
    (root / "shared" / "config" / "database.yml").write_text("password: hunter3\n")
    (root / "shared" / "upload.png").write_text("x")
    ((name, text),) = release_folders.snapshot(*moves(root, "1")).items()
    facts = json.loads(text)
    assert name == "release-folders-1.json" and "hunter" not in text
    assert sorted(facts["shared"]) == [".env", "config/database.yml"] and all(len(one) == 64 for one in facts["shared"].values())
    assert (facts["live"], facts["link"], [one["name"] for one in facts["releases"]]) == ("2", "releases/2", ["1", "2"])


@pytest.mark.skipif(not Path("/proc/self/cwd").exists(), reason="only Linux tells where a process runs")
def test_a_process_in_another_release_is_told_and_is_no_verdict(tmp_path):
    root = app(tmp_path / "shop", "1", "2")
    found, shell = moves(root, "1")
    worker = subprocess.Popen(["sleep", "60"], cwd=root / "releases" / "1")
    try:
        (check,) = release_folders.checks(found, shell)
        assert (check.name, check.verdict) == ("processes shop", "unknown") and f"{worker.pid} in 1" in check.detail
    finally:
        worker.kill()
        worker.wait()
    assert list(release_folders.checks(found, shell)) == []
