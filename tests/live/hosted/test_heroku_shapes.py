"""Situations of public trackers in which going back on Heroku went wrong. Their sources: SOURCES.md."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from heroku_server import BAD, GOOD, OLD, Heroku
from hosted_site import Site

OLDER = "e" * 40


def chosen(plan: Any) -> tuple[str, str]:
    """The live release and the target."""
    (move,) = plan["moves"]
    return move["current"]["id"], move["to"]["id"]


def findings(plan: Any) -> dict[str, tuple[str, str]]:
    return {row["code"]: (row["level"], row["message"]) for row in plan["findings"]}


def test_a_commit_that_was_deployed_again_is_the_same_bad_release(site: Site, heroku: Heroku):
    """Pushed once more in the hope that it helps: another slug, and the same code."""
    again = heroku.deploy(BAD, 0.1)
    heroku.slugs[heroku.by(str(again))["slug"]["id"]]["bad"] = True
    plan = site.plan()
    assert chosen(plan) == ("v7", "v4")
    assert {row["release"]: row["code"] for row in plan["moves"][0]["skipped"]}[
        "v6"
    ] == "same-content"
    assert site.execute(plan)["outcome"] == "done" and heroku.live == f"v8 {GOOD}"


def test_what_was_left_by_pushing_an_older_commit_is_not_the_one_before(site: Site, heroku: Heroku):
    """Going back with git: the good commit has a new version, and the bad one lies right below it."""
    heroku.deploy(GOOD, 0.1)
    plan = site.plan()
    assert chosen(plan) == ("v7", "v2")
    assert {row["release"]: row["code"] for row in plan["moves"][0]["skipped"]}[
        "v6"
    ] == "rolled-back-from"


@pytest.mark.parametrize("how", ["its password was rotated", "another database was promoted"])
def test_a_database_that_has_moved_since_the_target_blocks(site: Site, heroku: Heroku, how: str):
    """A rollback would bring the old DATABASE_URL back: refused there, or an old database."""
    heroku.releases.clear()
    heroku.current = None
    heroku.deploy(OLD, 30)
    heroku.attach("DATABASE", 20)
    heroku.deploy(GOOD, 9)
    heroku.deploy(BAD, 0.2)
    if how.startswith("another"):
        heroku.release("Detach DATABASE", heroku.current["slug"]["id"], {}, "2026-11-01T00:00:00Z")
    heroku.set_config(0.1, DATABASE_URL="postgres://u:n3w@other.example/shop")
    level, message = findings(site.plan(check=6))["config-outdated"]
    assert level == "blocker" and "DATABASE_URL" in message and "n3w" not in message


def test_a_release_that_heroku_never_ends_does_not_block_for_ever(site: Site, heroku: Heroku):
    """Events were lost on Heroku's side: the release stays pending for days, and so does its build."""
    heroku.started[heroku.deploy("d" * 40, 0.01, "pending")] = 1e12
    assert findings(site.plan(check=6))["deploy-in-flight"][0] == "blocker"
    heroku.releases[-1]["created_at"] = "2025-01-02T00:00:00Z"
    heroku.build("pending")
    heroku.builds[0]["created_at"] = "2025-01-02T00:00:00Z"
    plan = site.plan()
    assert findings(plan)["deploy-stuck"][0] == "warning" and "deploy-in-flight" not in findings(
        plan
    )
    assert chosen(plan) == ("v6", "v4")
    assert site.execute(plan)["outcome"] == "done" and heroku.live == f"v8 {GOOD}"


def test_code_that_was_built_for_an_older_stack_is_told(site: Site, heroku: Heroku):
    """The stack was upgraded, that made the application slow, and going back goes back to the old one."""
    heroku.slugs[heroku.by("4")["slug"]["id"]]["stack"]["name"] = "heroku-18"
    level, message = findings(site.plan())["stack-changes"]
    assert level == "warning" and "heroku-18" in message and "heroku-24" in message


def test_without_curl_the_error_has_the_command_of_the_client(site: Site, heroku: Heroku):
    """The script proves by curl what it did; what it cannot prove it does not begin."""
    every = site.root / "every"
    every.mkdir()
    for folder in site.environment["PATH"].split(":")[::-1]:
        for program in Path(folder).glob("*") if Path(folder).is_dir() else ():
            (every / program.name).unlink(missing_ok=True)
            (every / program.name).symlink_to(program)
    (every / "curl").unlink()
    (every / "heroku").unlink(missing_ok=True)
    site.environment["PATH"] = str(every)
    error = site.plan(check=12)["error"]
    assert (error["code"], "heroku rollback" in error["fix"]) == ("tool-missing", False)
    (every / "heroku").write_text("#!/bin/sh\n")
    (every / "heroku").chmod(0o755)
    error = site.plan(check=12)["error"]
    assert error["code"] == "tool-missing" and "install curl" in error["fix"]
    assert error["fix"].endswith("by hand, unproven: heroku rollback v4 --app shop")
    assert heroku.server.changes() == []
