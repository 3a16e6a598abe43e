"""Vercel, end to end: a plan, the rollback, its proof, and its undo; and what a plan reports."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
from hosted_site import Site
from loopback import Fault
from vercel_server import BAD, GOOD, OLD, SECRET, TOKEN, Vercel

from tests.live.run_processes import command_lines


def findings(plan: Any) -> dict[str, tuple[str, str]]:
    return {row["code"]: (row["level"], row["message"]) for row in plan["findings"]}


def test_the_last_good_deployment_comes_back_and_goes_again(vercel_site: Site, vercel: Vercel):
    site, good, bad = vercel_site, vercel.uid(GOOD), vercel.uid(BAD)
    vercel.job_seconds = 0.2
    plan = site.plan()
    (move,) = plan["moves"]
    assert (move["current"]["id"], move["to"]["id"], move["bare"]) == (bad, good, good)
    done = site.execute(plan)
    assert vercel.live == {good} and vercel.commit() == GOOD
    assert (done["outcome"], done["health"]["verdict"]) == ("done", "healthy")
    assert vercel.auto_assign is False
    again = site.execute(plan)
    assert again["outcome"] == "already"
    vercel.bad.clear()
    back = site.restore(plan)
    assert back["outcome"] == "restored" and vercel.live == {bad}
    assert vercel.auto_assign is True
    assert [row[1] for row in vercel.server.changes()] == [
        f"/v1/projects/{vercel.id}/rollback/{good}",
        f"/v10/projects/{vercel.id}/promote/{bad}",
    ]


def test_after_a_rollback_previous_never_means_the_bad_one(vercel_site: Site, vercel: Vercel):
    vercel_site.execute(vercel_site.plan())
    (move,) = vercel_site.plan()["moves"]
    assert (move["current"]["id"], move["to"]["id"]) == (vercel.uid(GOOD), vercel.uid(OLD))
    assert move["bare"] == vercel.uid(BAD), "Instant Rollback would offer what was just left"
    known = vercel_site.script("history", "staging")["releases"]
    assert [row["status"] for row in known] == ["rolled-back-from", "failed", "live", "superseded"]


def test_no_token_and_no_value_is_written_or_shown(vercel_site: Site, vercel: Vercel):
    vercel.variable("STRIPE_KEY", 1)
    vercel.bad.clear()
    plan = vercel_site.plan()
    assert findings(plan)["config-changes"][1].endswith("changed since: STRIPE_KEY")
    (row,) = vercel_site.plan("--full", check=None)["config"]
    assert (row["key"], row["change"], row["restored"]) == ("STRIPE_KEY", "changed", True)
    vercel_site.execute(plan)
    vercel_site.restore(plan)
    state = (Path(plan["run"]) / "state/app/shop.json").read_text()
    assert '"STRIPE_KEY"' in state
    for secret in (TOKEN, SECRET):
        assert secret not in vercel_site.written() + str(plan), secret
    assert f"/rollback/{vercel.uid(GOOD)}" in vercel_site.curl_log.read_text()


def test_variables_that_this_token_may_not_see_are_not_called_unchanged(
    vercel_site: Site, vercel: Vercel
):
    vercel.hidden = 3
    level, message = findings(vercel_site.plan())["config-changes"]
    assert level == "note" and message.startswith("not all environment variables of shop")


@pytest.mark.parametrize("kept", ["variable", "login file"])
def test_no_process_list_shows_the_token(vercel_site: Site, vercel: Vercel, kept: str):
    if kept == "login file":
        del vercel_site.environment["VERCEL_TOKEN"]
        login(vercel_site, {"token": TOKEN})
    plan = vercel_site.plan()
    vercel.server.fault = Fault("hang", method="POST", after=True)
    process, seen = vercel_site.start("execute", *vercel_site.approved(plan)), ""
    while process.poll() is None:
        seen += command_lines()
        time.sleep(0.02)
    process.communicate()
    assert "/rollback/" in seen and "--data" in seen, "curl was seen while it waited"
    assert TOKEN not in seen and vercel.live == {vercel.uid(GOOD)}


def login(site: Site, content: dict[str, Any]) -> Path:
    """As the client leaves it on Linux."""
    file = site.root / ".local/share/com.vercel.cli/auth.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(content))
    return file


def test_a_login_that_has_expired_is_reported_not_sent(vercel_site: Site, vercel: Vercel):
    del vercel_site.environment["VERCEL_TOKEN"]
    assert vercel_site.plan(check=12)["error"]["code"] == "token-missing"
    login(vercel_site, {"token": TOKEN, "expiresAt": int(time.time()) + 3600})
    plan = vercel_site.plan()
    login(vercel_site, {"token": TOKEN, "expiresAt": 1_700_000_000}).read_text()
    error = vercel_site.plan(check=12)["error"]
    assert error["code"] == "login-expired" and "vercel whoami" in error["fix"]
    stopped = vercel_site.execute(plan, check=12)
    assert "has expired" in stopped["talk"] and vercel.server.changes() == []
    login(vercel_site, {"token": TOKEN}).write_text('{"token": "half')
    assert vercel_site.plan(check=12)["error"]["code"] == "login-invalid"


def test_a_wrong_team_or_token_is_named(vercel_site: Site, vercel: Vercel):
    facts = {"project": "shop", "team": "other", "api": vercel.server.url}
    vercel_site.commit_settings({"platform": "vercel", "vercel": facts})
    error = vercel_site.plan(check=12)["error"]
    assert error["code"] == "forbidden" and "in team other" in error["message"]
    vercel_site.commit_settings(
        {"platform": "vercel", "vercel": {**facts, "team": "acme", "project": "x"}}
    )
    assert vercel_site.plan(check=12)["error"]["code"] == "no-such-project"
    vercel_site.environment["VERCEL_TOKEN"] = "another"
    error = vercel_site.plan(check=12)["error"]
    assert error["code"] == "forbidden" and "VERCEL_TOKEN" in error["fix"]


def test_the_link_of_the_folder_names_the_project_of_production_only(
    vercel_site: Site, vercel: Vercel
):
    site = vercel_site
    site.commit_settings({"platform": "vercel", "vercel": {"api": vercel.server.url}})
    link = site.project / ".vercel/project.json"
    link.parent.mkdir()
    link.write_text(json.dumps({"projectId": vercel.id, "orgId": vercel.team}))
    error = site.plan(check=2)["error"]
    assert error["code"] == "which-project" and "vercel: {project: NAME" in error["fix"]
    facts = {"platform": "vercel", "vercel": {"api": vercel.server.url}, "aliases": ["live"]}
    site.commit_settings(facts)
    assert site.plan()["moves"][0]["target"]["app"] == "shop"


def test_write_settings_fills_in_project_and_team(vercel_site: Site, vercel: Vercel):
    site = vercel_site
    (site.project / ".claude/deployment-rollback.yml").unlink()
    (site.project / ".vercel").mkdir()
    link = {"projectId": vercel.id, "orgId": vercel.team, "projectName": "shop"}
    (site.project / ".vercel/project.json").write_text(json.dumps(link))
    (site.project / "vercel.json").write_text("{}")
    site.script("detect", "--write-settings")
    text = (site.project / ".claude/deployment-rollback.yml").read_text()
    assert f'project: "{vercel.id}"' in text and f'team: "{vercel.team}"' in text


def test_the_hobby_plan_goes_back_by_one_only(vercel_site: Site, vercel: Vercel):
    vercel.plan = vercel.team_plan = "hobby"
    level, message = findings(vercel_site.plan(OLD, check=6))["plan-limit"]
    assert level == "blocker" and vercel.uid(GOOD) in message
    assert vercel_site.execute(vercel_site.plan())["outcome"] == "done"


def test_a_team_that_has_upgraded_since_is_not_held_to_the_old_plan(
    vercel_site: Site, vercel: Vercel
):
    vercel.plan, vercel.team_plan = "hobby", "pro"
    assert "plan-limit" not in findings(vercel_site.plan(OLD))


def test_cron_jobs_and_rolling_releases_are_reported(vercel_site: Site, vercel: Vercel):
    vercel.crons[vercel.uid(BAD)] = [{"path": "/api/bill", "schedule": "0 5 * * *"}]
    vercel.rolling = {"target": "production", "stages": []}
    plan = findings(vercel_site.plan())
    assert plan["crons-go-back"][1].endswith("stop: /api/bill (0 5 * * *)")
    assert plan["rolling-release"][0] == "warning"


def test_a_long_history_is_read_page_by_page(vercel_site: Site, vercel: Vercel):
    vercel.page = 2
    assert vercel_site.plan()["moves"][0]["to"]["id"] == vercel.uid(GOOD)
    known = vercel_site.script("history", "staging", "--clear-cache")["releases"]
    assert len(known) == len(vercel.rows)


@pytest.mark.parametrize("ends", ["failed", "skipped"])
def test_a_rollback_that_vercel_does_not_end_well_is_reported(
    vercel_site: Site, vercel: Vercel, ends: str
):
    vercel.job_ends, vercel.stuck = ends, {"shop.vercel.app"}
    plan = vercel_site.plan()
    done = vercel_site.execute(plan, check=5)
    assert done["outcome"] == ("partial" if ends == "failed" else "failed")
    assert f"Vercel ended the rollback as {ends}" in done["talk"] and done["next"]
    assert "shop.vercel.app serves" in done["talk"]


def test_the_script_needs_no_python_and_is_short(vercel_site: Site, vercel: Vercel):
    run = Path(vercel_site.plan()["run"])
    dry = vercel_site.bash(run / "rollback.sh", "--dry-run")
    assert f"[1/1] Roll back shop to {vercel.uid(GOOD)}: would run" in dry
    for name in ("rollback.sh", "restore.sh"):
        text = (run / name).read_text()
        assert len(text.splitlines()) <= 150 and "python" not in text
    assert vercel.server.changes() == []


def test_a_project_without_domains_goes_by_what_the_project_says(vercel_site: Site, vercel: Vercel):
    vercel.served = {}
    plan = vercel_site.plan()
    done = vercel_site.execute(plan, check=None)
    assert vercel.production == vercel.uid(GOOD) and done["targets"][0]["state"] == "rolled-back"
    assert not any("/aliases" in path for _, path, _ in vercel.server.log)
