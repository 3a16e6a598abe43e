"""A drill asks all that a plan asks and leaves nothing but a line in the audit."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

from folders_site import SCRIPTS, Site


def drill(site: Site, *words: str, check: int = 0) -> Any:
    return site.script("plan", "staging", "--drill", *words, check=check)


def test_a_drill_says_how_far_and_how_long_and_leaves_no_run(good_site: Site):
    first = drill(good_site)
    (target,) = first["targets"]
    assert (first["ready"], first["verdict"], first["back"]) == (True, "ready", 2)
    assert "v1.2.3" in target["from"] and "v1.2.1" in target["to"]
    assert (first["seconds"], first["runs"], first["earlier"]) == (None, 0, [])
    assert not {"healthy-now", "no-reason"} & {row["code"] for row in first["findings"]}
    assert list(good_site.project.glob(".rollback-checkpoint-*")) == []
    assert good_site.answer() == (200, "v1.2.3")
    done = good_site.execute(good_site.plan())
    assert done["outcome"] == "done"
    later = drill(good_site)
    assert later["runs"] == 1 and later["seconds"] is not None
    assert [row["verdict"] for row in later["earlier"]] == ["ready"]
    assert later["badge"]["message"].startswith("ready, 1 back")
    good_site.script("summary", "--verify-audit")


def test_what_is_in_the_way_fails_the_pipeline(good_site: Site):
    plan = good_site.plan()
    (move,) = plan["moves"]
    for folder in (good_site.files / "releases").iterdir():
        if folder.name != move["current"]["id"]:
            for file in folder.iterdir():
                file.unlink()
            folder.rmdir()
    nothing = drill(good_site, check=3)
    assert (nothing["ready"], nothing["back"], nothing["badge"]["color"]) == (False, 0, "red")
    assert "nothing-to-roll-back-to" in {row["code"] for row in nothing["findings"]}


def test_the_badge_is_all_that_is_printed(good_site: Site):
    words = [sys.executable, str(SCRIPTS / "plan.py"), "staging", "--drill", "--badge"]
    done = subprocess.run(
        words, cwd=good_site.project, env=good_site.environment, capture_output=True, text=True
    )
    badge = json.loads(done.stdout)
    assert (done.returncode, badge["schemaVersion"], badge["label"]) == (0, 1, "rollback")


def test_a_drill_beside_another_mode_is_refused(good_site: Site):
    for word in ("status", "--dry-run"):
        assert drill(good_site, word, check=2)["error"]["code"] == "drill-words"


def test_a_badge_of_a_drill_that_could_not_be_made_is_red(good_site: Site):
    badge = drill(good_site, "v9.9.9", "--badge", check=2)
    assert (badge["color"], badge["message"]) == ("red", "unknown-release")
