"""Deployer's layout and the bare one: their marks, their orders."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from folders_site import Site


@pytest.fixture
def deployer(tmp_path: Path) -> Site:
    """Releases 8 to 11 with Deployer's log; 10 was rolled back from, 12 is half made."""
    made = Site(tmp_path)
    (made.files / ".dep").mkdir()
    with (made.files / ".dep" / "releases_log").open("w") as log:
        for number in range(8, 13):
            made.build(f"v1.{number}.0", 0, name=str(number))
            row = {
                "created_at": f"2026-11-{number:02}T09:00:00+0000",
                "release_name": str(number),
                "user": "dora",
                "target": "main",
            }
            log.write(json.dumps(row) + "\n")
    (made.files / "revisions.log").unlink()
    (made.files / "releases" / "10" / "BAD_RELEASE").write_text("2026-11-10T10:00:00+0000,dora\n")
    (made.files / "release").symlink_to("releases/12")
    (made.files / "current").symlink_to("releases/11")
    made.settings(health=False)
    return made


def test_deployers_marks_are_read_written_and_taken_back(deployer: Site):
    plan = deployer.plan()
    (move,) = plan["moves"]
    assert (move["to"]["id"], move["bare"]) == ("9", "9")
    assert [(one["release"], one["code"]) for one in move["skipped"]] == [("10", "bad-mark")]
    deployer.execute(plan, check=11)
    mark = deployer.files / "releases" / "11" / "BAD_RELEASE"
    assert mark.read_text().split(",")[1].strip() and (
        deployer.files / "current"
    ).readlink() == Path("releases/9")
    assert deployer.plan()["moves"][0]["to"]["id"] == "8"
    deployer.restore(plan, check=11)
    assert not mark.exists() and (deployer.files / "current").readlink() == Path("releases/11")
    assert (deployer.files / "releases" / "10" / "BAD_RELEASE").exists()


def test_a_deploy_that_holds_the_lock_blocks(deployer: Site):
    (deployer.files / ".dep" / "deploy.lock").write_text("bob")
    assert deployer.plan(check=6)["findings"][0]["code"] == "deploy-running"


def test_without_a_log_the_name_decides_and_it_is_said(tmp_path: Path):
    site = Site(tmp_path)
    for name in ("v8", "v9", "v10"):
        site.build("v1.0.0" if name == "v8" else f"{name}.0.0", 0, name=name)
    site.build("v11.0.0", 0, finished=False, name="v11")
    (site.files / "revisions.log").unlink()
    site.link("v10")
    site.settings(health=False)
    plan = site.plan()
    assert plan["moves"][0]["to"]["id"] == "v9" and {"no-log", "only-the-one-before"} <= {
        one["code"] for one in plan["findings"]
    }
    site.execute(plan, check=11)
    assert site.current() == "v9" and not (site.files / "revisions.log").exists()
    assert site.plan()["moves"][0]["to"]["id"] == "v8"  # the ledger remembers what was left


def test_without_settings_the_folder_itself_is_the_target(tmp_path: Path):
    site = Site(tmp_path / "inner", files=tmp_path / "inner" / "project")
    for version, days in (("v1.0.0", 5), ("v1.1.0", 2)):
        name = site.build(version, days)
    site.link(name)
    plan = site.plan()
    assert plan["moves"][0]["to"]["version"] == "v1.0.0" and "assumed-environment" in {
        one["code"] for one in plan["findings"]
    }
