"""Netlify, whole way: a plan, the rollback, its lock and proof, and its undo; and what a plan has to say."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hosted_site import Site
from loopback import Asked, Fault
from netlify_server import BAD, GOOD, HOOK, OLD, TOKEN, VALUE, Netlify, at

from tests.live.run_processes import command_lines


def findings(plan: Any) -> dict[str, tuple[str, str]]:
    return {row["code"]: (row["level"], row["message"]) for row in plan["findings"]}


def made(netlify: Netlify) -> list[str]:
    """What was changed, in order: restore, lock, unlock."""
    return [path.rpartition("/")[2] for _, path, _ in netlify.server.changes()]


def test_the_last_good_deploy_is_published_and_locked_and_goes_again(shop: Site, netlify: Netlify):
    good, bad = netlify.rows[1]["id"], netlify.rows[4]["id"]
    plan = shop.plan()
    (move,) = plan["moves"]
    assert (move["current"]["id"], move["to"]["id"], move["bare"]) == (bad, good, good)
    done = shop.execute(plan)
    assert netlify.live == f"{GOOD} locked"
    assert (done["outcome"], done["health"]["verdict"]) == ("done", "healthy")
    assert done["targets"][0]["proof"] == (
        f"the published deploy of shop: {good}; automatic publishing of shop: off, locked to {good}"
    )
    assert shop.execute(plan)["outcome"] == "already"
    netlify.repair()
    netlify.pages[bad] = (200, "repaired")
    assert shop.restore(plan)["outcome"] == "restored"
    assert netlify.live == f"{BAD} open"
    assert made(netlify)[:2] == ["restore", "lock"]


@pytest.mark.parametrize("carries", [True, False], ids=["the lock moves on", "it stays behind"])
@pytest.mark.parametrize("locked", [True, False], ids=["locked before", "open before"])
def test_the_lock_is_in_the_end_as_it_was_before(
    shop: Site, netlify: Netlify, carries: bool, locked: bool
):
    netlify.repair()
    netlify.carries = carries
    if locked:
        netlify.lock()
    plan = shop.plan()
    assert ("auto-publish-off" if locked else "auto-publish") in findings(plan)
    assert shop.execute(plan)["outcome"] == "done" and netlify.live == f"{GOOD} locked"
    assert shop.restore(plan)["outcome"] == "restored"
    assert netlify.live == f"{BAD} {'locked' if locked else 'open'}"


def test_the_lock_stays_open_in_status_until_somebody_has_removed_it(shop: Site, netlify: Netlify):
    done = shop.execute(shop.plan())
    good = netlify.rows[1]["id"]
    unlock = f'netlify api unlockDeploy --data \'{{"deploy_id": "{good}"}}\''
    assert publishing(done) == [
        f"automatic publishing is off (locked to {good}): builds are not published; "
        f"once the fix is built, turn it on: {unlock}"
    ]
    assert publishing(shop.script("plan", "staging", "status")) == publishing(done)
    token = shop.environment.pop("NETLIFY_AUTH_TOKEN")
    assert publishing(shop.script("plan", "staging", "status")) == [
        "the rollback turns automatic publishing of shop off (it is on now): "
        f"builds are not published; once the fix is built: {unlock}"
    ], "as far as known"
    shop.environment["NETLIFY_AUTH_TOKEN"] = token
    netlify.rows[1]["locked"] = False
    assert publishing(shop.script("plan", "staging", "status")) == []


def publishing(document: Any) -> list[str]:
    return [item for item in document["open"] if "automatic publishing" in item]


def test_a_lock_that_was_there_before_is_told_and_is_no_work_of_the_run(
    shop: Site, netlify: Netlify
):
    netlify.lock()
    plan = shop.plan()
    assert findings(plan)["auto-publish-off"][0] == "note"
    assert publishing(shop.execute(plan)) == []


def test_after_a_rollback_previous_never_means_the_bad_one(shop: Site, netlify: Netlify):
    shop.execute(shop.plan())
    (move,) = shop.plan()["moves"]
    ids = [row["id"] for row in netlify.rows]
    assert (move["current"]["id"], move["to"]["id"]) == (ids[1], ids[0])
    assert move["bare"] == ids[4], "what Netlify published before is the bad one"
    known = shop.script("history", "staging", "--clear-cache")["releases"]
    assert [row["status"] for row in known] == ["rolled-back-from", "failed", "live", "superseded"]
    netlify.published["locked"] = False
    netlify.deploy("e" * 40, 0)
    (move,) = shop.plan()["moves"]
    assert move["to"]["id"] == ids[1], "the next build is bad as well: not back to the first"


def test_previews_drafts_and_what_was_never_published_are_no_candidates(
    shop: Site, netlify: Netlify
):
    netlify.deploy("1" * 40, 0.15, context="branch-deploy", branch="beta", published_at=at(0.15))
    netlify.lock()
    never = netlify.deploy("2" * 40, 0.1)
    assert never["published_at"] is None
    netlify.published["locked"] = False
    bad = netlify.deploy("3" * 40, 0.05)
    plan = shop.plan()
    (move,) = plan["moves"]
    skipped = {row["release"]: (row["code"], row["reason"]) for row in move["skipped"]}
    assert move["current"]["id"] == bad["id"]
    assert skipped[never["id"]] == ("short-lived", "it was built, and never published")
    (named,) = shop.plan(never["id"])["moves"]
    assert named["to"]["id"] == never["id"], "a person may name it"


def test_no_token_and_no_value_is_written_or_shown(shop: Site, netlify: Netlify):
    netlify.repair()
    netlify.set_variable("STRIPE_KEY", 1)
    plan = shop.plan()
    level, message = findings(plan)["config-changes"]
    assert level == "warning" and "older values of STRIPE_KEY" in message
    (row,) = shop.plan("--full", check=None)["config"]
    assert (row["key"], row["change"], row["restored"]) == ("STRIPE_KEY", "changed", True)
    shop.execute(plan)
    shop.restore(plan)
    listed = json.loads((Path(plan["run"]) / "state/app/shop.json").read_text())
    assert listed["build_hooks"] == [{"title": "CMS", "branch": "main"}]
    for secret in (TOKEN, VALUE, HOOK):
        assert secret not in shop.written() + str(plan), secret
    assert "/restore" in shop.curl_log.read_text(), "the log is that of our curl"


def test_no_process_list_shows_the_token(shop: Site, netlify: Netlify):
    plan = shop.plan()
    netlify.server.fault = Fault("hang", method="POST", after=True)
    process, seen = shop.start("execute", *shop.approved(plan)), ""
    while process.poll() is None:
        seen += command_lines()
    process.communicate()
    assert "/restore" in seen, "curl was seen while it waited"
    assert TOKEN not in seen


LOGIN = {"userId": "5f01", "users": {"5f01": {"id": "5f01", "auth": {"token": TOKEN}}}}


@pytest.mark.parametrize("variable", ["", "XDG_CONFIG_HOME"])
def test_the_login_of_the_netlify_client_serves_as_well(
    shop: Site, netlify: Netlify, variable: str
):
    del shop.environment["NETLIFY_AUTH_TOKEN"]
    error = shop.plan(check=12)["error"]
    assert error["code"] == "token-missing" and "netlify login" in error["fix"]
    folder = shop.root / (variable or ".config")
    if variable:
        shop.environment[variable] = str(folder)
    file = folder / "netlify" / "config.json"
    file.parent.mkdir(parents=True)
    file.write_text(json.dumps(LOGIN, indent="\t"))
    assert shop.execute(shop.plan())["outcome"] == "done"
    assert netlify.live == f"{GOOD} locked"
    file.unlink()
    assert TOKEN not in shop.written()


def test_what_is_under_way_blocks_unless_the_lock_holds_it(shop: Site, netlify: Netlify):
    row = netlify.deploy("e" * 40, 0, state="building")
    plan = shop.plan(check=6)
    assert findings(plan)["deploy-in-flight"][0] == "blocker"
    (fix,) = [row["fix"] for row in plan["findings"] if row["code"] == "deploy-in-flight"]
    assert f'netlify api cancelSiteDeploy --data \'{{"deploy_id": "{row["id"]}"}}\'' in fix
    netlify.lock()
    assert findings(shop.plan())["deploy-in-flight"][0] == "note"


def test_what_does_not_go_back_is_told(shop: Site, netlify: Netlify):
    netlify.rows[1]["function_schedules"] = [{"name": "nightly", "cron": "0 0 * * *"}]
    netlify.split("main", "new-look")
    for row in netlify.rows[:2]:  # with a front page one of them would give way to the other
        netlify.pages[row["id"]] = (404, "Not Found")
    told = findings(shop.plan())
    assert told["schedules-change"][1].endswith("the rollback starts nightly (0 0 * * *)")
    assert "(main, new-look)" in told["left-alone"][1]
    assert told["artifact-gone"][0] == "warning" and "answers 404" in told["artifact-gone"][1]
    assert "environment variables, Blobs, forms and databases do not" in told["not-moved"][1]


def test_a_token_that_may_not_see_the_variables_is_no_obstacle(shop: Site, netlify: Netlify):
    netlify.forbidden = ("/env",)
    told = findings(shop.plan())
    assert told["config-changes"] == (
        "note",
        "environment variables of shop cannot be read with this token",
    )


def test_a_long_history_of_previews_is_read_page_by_page(shop: Site, netlify: Netlify):
    netlify.page = 3
    for number in range(7):
        netlify.deploy("e" * 40, 0.1 - number / 100, context="deploy-preview")
    (move,) = shop.plan()["moves"]
    assert move["to"]["commit"] == GOOD
    pages = [path for _, path, _ in netlify.server.log if path.endswith("/deploys")]
    assert len(pages) == 4


def test_a_plan_asks_little(shop: Site, netlify: Netlify):
    shop.plan()
    asked = [path for _, path, _ in netlify.server.log if path.startswith("/api/")]
    assert len(asked) <= 6 + 1, asked


def test_a_deploy_that_is_older_than_every_page_is_still_the_live_one(shop: Site, netlify: Netlify):
    netlify.publish(netlify.rows[0], at(0))
    netlify.page = 1

    def hide(asked: Asked) -> None:
        netlify.rows[:] = netlify.rows[1:] if netlify.rows[0]["commit_ref"] == OLD else netlify.rows

    netlify.server.watch = hide
    known = shop.script("history", "staging")["releases"]
    assert [(row["status"], row["commit"]) for row in known][-1] == ("live", OLD)


def test_the_list_can_be_pasted_and_a_script_alone_needs_no_python(shop: Site, netlify: Netlify):
    plan = shop.plan()
    run = Path(plan["run"])
    listed = shop.bash(run / "rollback.sh", "--list")
    assert '\n    netlify api restoreSiteDeploy --data \'{"site_id": ' in listed
    assert '\n    netlify api lockDeploy --data \'{"deploy_id": ' in listed
    assert "\n    netlify api unlockDeploy --data " in shop.bash(run / "restore.sh", "--list")
    dry = shop.bash(run / "rollback.sh", "--dry-run")
    assert "[1/2] Publish " in dry and "[2/2] Lock shop to " in dry
    assert netlify.server.changes() == []
    text = (run / "rollback.sh").read_text()
    assert len(text.splitlines()) <= 150 and not re.search(r"\bpython", text)


def test_the_client_s_link_names_the_site(shop: Site, netlify: Netlify):
    link = shop.project / ".netlify" / "state.json"
    link.parent.mkdir()
    link.write_text(json.dumps({"siteId": netlify.id}))
    shop.commit_settings({"netlify": {"api": netlify.server.url}})
    error = shop.plan(check=2)["error"]
    assert error["code"] == "which-site" and "what production serves" in error["message"]
    shop.commit_settings({"netlify": {"api": netlify.server.url}, "aliases": ["production"]})
    assert shop.plan()["moves"][0]["target"]["app"] == "shop"


@pytest.mark.parametrize("name", ["shop", "shop.netlify.app"])
def test_a_site_may_be_named(shop: Site, netlify: Netlify, name: str):
    shop.commit_settings({"netlify": {"site": name, "api": f"{netlify.server.url}/api/v1/"}})
    assert shop.plan()["moves"][0]["target"]["app"] == "shop"


def test_another_team_or_another_site_is_told(shop: Site, netlify: Netlify):
    shop.commit_settings({"netlify": {"site": "other", "api": netlify.server.url}})
    error = shop.plan(check=12)["error"]
    assert error["code"] == "no-such-site" and "not of its team" in error["message"]
    netlify.forbidden = ("/sites/",)
    assert shop.plan(check=12)["error"]["code"] == "forbidden"
    shop.environment["NETLIFY_AUTH_TOKEN"] = "expired"
    assert shop.plan(check=12)["error"]["code"] == "login-refused"
