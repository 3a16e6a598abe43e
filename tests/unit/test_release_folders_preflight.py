"""What is read on a host around a rollback: its report, preflight, snapshot, processes."""

from __future__ import annotations

import json
import platform
import shutil
import subprocess
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from test_release_folders_shell import app, findings, moves

from rollback.platforms import release_folders
from rollback.platforms.release_folders.host_history import host_history
from rollback.platforms.release_folders.inspection import inspect
from rollback.settings.environment import LedgerEntry
from rollback.shell import Shell

pytestmark = pytest.mark.programs


def test_a_ready_host_has_no_findings(tmp_path):
    root = app(tmp_path / "shop", "1", "2")
    (root / "revisions.log").write_text(
        "".join(f"Branch main (at {name}) deployed as release {name} by ana\n" for name in "12")
    )
    assert set(findings(root, "1", restart=("true",))) <= {"disk-full"}


def test_a_running_deploy_is_reported(tmp_path):
    now = datetime.now(timezone.utc)
    names = [
        (now - timedelta(minutes=minutes)).strftime("%Y%m%d%H%M%S") for minutes in (5000, 3000, 4)
    ]
    root = app(tmp_path / "shop", *names, live=names[1])
    assert (
        found := findings(root, names[0])["deploy-running"]
    ).level == "warning" and "4 min ago" in found.message
    (root / ".dep").mkdir()
    (root / ".dep" / "deploy.lock").write_text("bob")
    (root / ".dep" / "releases_log").write_text("")
    blockers = [
        finding
        for finding in release_folders.preflight(*moves(root, names[0]))
        if finding.level == "blocker"
    ]
    assert [finding.code for finding in blockers] == ["deploy-running"] and "bob" in blockers[
        0
    ].message


def minutes_ago(*minutes: int) -> list[str]:
    now = datetime.now(timezone.utc)
    return [(now - timedelta(minutes=each)).strftime("%Y%m%d%H%M%S") for each in minutes]


def rolled_back_from(root: Path) -> list[str]:
    """Three releases, the newest of a few minutes ago; the one before it is live."""
    names = minutes_ago(5000, 3000, 4)
    app(root, *names, live=names[1])
    return names


def test_a_release_that_the_log_shows_rolled_back_is_not_a_running_deploy(tmp_path):
    names = rolled_back_from(tmp_path / "shop")
    lines = [f"Branch main (at {name}) deployed as release {name} by ana\n" for name in names]
    (tmp_path / "shop" / "revisions.log").write_text(
        "".join([*lines, f"ana rolled back to release {names[1]}\n"])
    )
    assert "deploy-running" not in findings(tmp_path / "shop", names[0])


def test_a_release_marked_bad_is_not_a_running_deploy(tmp_path):
    names = rolled_back_from(tmp_path / "shop")
    assert "deploy-running" in findings(tmp_path / "shop", names[0])
    (tmp_path / "shop" / "releases" / names[2] / "BAD_RELEASE").touch()
    assert "deploy-running" not in findings(tmp_path / "shop", names[0])


@pytest.mark.parametrize("verdict", ["rolled-back-from", "seen"])
def test_a_release_in_our_records_is_not_a_running_deploy(verdict, tmp_path):
    names = rolled_back_from(tmp_path / "shop")
    where = f"{platform.node()}:{tmp_path / 'shop'}"
    row = LedgerEntry(
        "2026-11-23T04:05:11Z", "staging", "release-folders", where, "shop", names[2], None, verdict
    )
    found = release_folders.preflight(*moves(tmp_path / "shop", names[0], records=(row,)))
    assert "deploy-running" not in {finding.code for finding in found}


def test_a_release_that_only_looks_complete_gets_a_warning(tmp_path):
    root = app(tmp_path / "shop", "1", "2")
    (root / ".dep").mkdir()
    (root / ".dep" / "releases_log").write_text(
        "".join(
            f'{{"created_at": "2026-11-2{n}T09:00:00+0000", "release_name": "{n}"}}\n' for n in "12"
        )
    )
    assert findings(root, "1")["finish-not-proven"].level == "warning"
    assert "finish-not-proven" not in findings(app(tmp_path / "bare", "1", "2"), "1")


def test_the_listed_contents_show_whether_a_deploy_finished(tmp_path):
    root = app(tmp_path / "shop", "1")
    release = root / "releases" / "1"
    for folder in (
        "vendor/composer",
        "node_modules/left-pad/dist",
        "public/build",
        "config",
        "deep/er/than/that",
        "empty",
    ):
        (release / folder).mkdir(parents=True)
    for file in (
        "vendor/autoload.php",
        "node_modules/.package-lock.json",
        "public/build/app.js",
        "config/a.yml",
        "a b\tc",
    ):
        (release / file).touch()
    (release / "config" / "database.yml").symlink_to("/srv/shared/database.yml")
    for linked in ("vendor/composer/link", "node_modules/left-pad/link"):
        (release / linked).symlink_to("nowhere")
    (host,) = inspect([""], str(root), Shell(tmp_path))
    folder = host.folders["1"]
    assert folder.links == {"config/database.yml"}
    assert folder.built == {"vendor/autoload.php", "node_modules/.package-lock.json"}
    topmost = {"REVISION", "a b\tc", "config", "deep", "empty", "node_modules", "public", "vendor"}
    filled = {
        "config/",
        "deep/",
        "deep/er/",
        "node_modules/",
        "public/",
        "public/build/",
        "vendor/",
    }
    assert folder.entries == topmost | filled


@pytest.mark.parametrize("aside", ["revisions.log.1", "revisions.log-20261122"])
def test_a_rotated_log_is_read_too(aside, tmp_path):
    root = app(tmp_path / "shop", "1", "2", "3")
    (root / "revisions.log-20261101").write_text("long ago\n")
    (root / aside).write_text("Branch main (at 1) deployed as release 1 by ana\n")
    (root / "revisions.log").write_text("Branch main (at 3) deployed as release 3 by ana\n")
    (host,) = inspect([""], str(root), Shell(tmp_path))
    assert [line.split()[-3] for line in host.log_lines] == ["1", "3"]
    assert host_history(host).assess("2").state == "unfinished"


def test_a_release_packed_by_a_rollback_is_reported(tmp_path):
    root = app(tmp_path / "shop", "1")
    (root / "rolled-back-release-20261122090000.tar.gz").touch()
    (host,) = inspect([""], str(root), Shell(tmp_path))
    assert host.archived == {"20261122090000"}


def test_the_restart_command_must_exist_in_the_target_release(tmp_path):
    root = app(tmp_path / "shop", "1", "2")
    (root / "releases" / "2" / "restart.sh").write_text("#!/bin/sh\n")
    (root / "releases" / "2" / "restart.sh").chmod(0o755)
    assert findings(root, "1", restart=("./restart.sh",))["restart-missing"].level == "blocker"
    shutil.copy(root / "releases" / "2" / "restart.sh", root / "releases" / "1")
    assert "restart-missing" not in findings(root, "1", restart=("./restart.sh",))
    kept = findings(root, "1")["no-restart"]
    assert kept.level == "note" and "restart:" in kept.fix and ":" not in kept.message


def test_a_folder_that_vanished_since_the_history_was_read_is_a_blocker(tmp_path):
    root = app(tmp_path / "shop", "1", "2")
    found, shell = moves(root, "1")
    shutil.rmtree(root / "releases" / "1")
    assert [
        finding.code
        for finding in release_folders.preflight(found, shell)
        if finding.level == "blocker"
    ] == ["artifact-gone"]


def test_the_snapshot_holds_checksums_of_shared_files_and_never_their_contents(tmp_path):
    root = app(tmp_path / "shop", "1", "2")
    (root / "shared" / "config").mkdir(parents=True)
    (root / "shared" / ".env").write_text("PASSWORD=hunter2\n")
    (root / "shared" / "config" / "database.yml").write_text("password: hunter3\n")
    (root / "shared" / "upload.png").write_text("x")
    ((name, text),) = release_folders.snapshot(*moves(root, "1")).items()
    facts = json.loads(text)
    assert name == "1.json" and b"hunter" not in text
    assert sorted(facts["shared"]) == [".env", "config/database.yml"] and all(
        len(one) == 64 for one in facts["shared"].values()
    )
    assert (facts["live"], facts["link"], [one["name"] for one in facts["releases"]]) == (
        "2",
        "releases/2",
        ["1", "2"],
    )


@pytest.mark.skipif(
    not Path("/proc/self/cwd").exists(), reason="only Linux tells where a process runs"
)
def test_a_process_in_another_release_is_reported_without_a_verdict(tmp_path):
    root = app(tmp_path / "shop", "1", "2")
    found, shell = moves(root, "1")
    worker = subprocess.Popen(["sleep", "60"], cwd=root / "releases" / "1")
    try:
        (check,) = release_folders.checks(found, shell)
        assert (check.name, check.verdict) == (
            "processes shop",
            "unknown",
        ) and f"{worker.pid} in 1" in check.detail
    finally:
        worker.kill()
        worker.wait()
    assert list(release_folders.checks(found, shell)) == []
