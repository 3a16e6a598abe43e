"""Situations of public trackers in which going back on Netlify went wrong. Their sources: SOURCES.md."""

from __future__ import annotations

from typing import Any

from hosted_site import Site
from netlify_server import BAD, GOOD, OLD, Netlify, at

FIX = "f" * 40


def chosen(plan: Any) -> tuple[str, str]:
    """The commits of the live deploy and of the target."""
    (move,) = plan["moves"]
    return move["current"]["commit"], move["to"]["commit"]


def skipped(plan: Any) -> dict[str, str]:
    return {row["release"]: row["code"] for row in plan["moves"][0]["skipped"]}


def opened(shop: Site) -> str:
    return " ".join(shop.script("plan", "staging", "status")["open"])


def test_the_newest_build_that_is_not_live_is_not_the_one_before(shop: Site, netlify: Netlify):
    """Somebody has gone back: the newest build that is ready is the bad one."""
    netlify.stamps = False
    netlify.publish(netlify.rows[1], at(0))
    assert chosen(shop.plan()) == (GOOD, OLD)


def test_every_deploy_of_the_past_is_in_state_old(shop: Site, netlify: Netlify):
    for row in netlify.rows[:2]:
        row["state"] = "old"
    assert chosen(shop.plan()) == (BAD, GOOD)


def test_a_fix_that_was_built_while_the_site_is_locked_is_not_live(shop: Site, netlify: Netlify):
    """Clients and pipelines say "published"; the live address still serves the old deploy."""
    shop.execute(shop.plan())
    fix = netlify.deploy(FIX, 0)
    status = shop.script("plan", "staging", "status")
    assert status["live"][0]["release"] == netlify.rows[1]["id"]
    assert "builds are not published" in " ".join(status["open"])
    plan = shop.plan(fix["id"])
    assert chosen(plan) == (GOOD, FIX)
    shop.execute(plan)
    assert netlify.live == f"{FIX} locked"


def test_a_client_that_takes_the_lock_off_and_publishes_is_noticed(shop: Site, netlify: Netlify):
    plan = shop.plan()
    shop.execute(plan)
    netlify.published["locked"] = False
    netlify.deploy(BAD, 0, title="Deployed from a laptop")
    assert shop.restore(plan, check=10)["error"]["code"] == "drifted"
    assert "automatic publishing is off" not in opened(shop)
    assert chosen(shop.plan()) == (BAD, GOOD)


def test_a_job_that_published_its_few_files_as_the_whole_site(shop: Site, netlify: Netlify):
    """Twice, each for hours: by state and time of service the first of them was a good release."""
    job = {"title": "Update metadata", "commit_ref": None}
    first = netlify.deploy(None, 0.15, **job)
    netlify.pages[first["id"]] = (404, "Page not found")
    second = netlify.deploy(None, 0.05, **job)
    netlify.pages[second["id"]] = (404, "Page not found")
    plan = shop.plan()
    assert plan["moves"][0]["to"]["commit"] == GOOD
    assert skipped(plan)[first["id"]] == "unhealthy-evidence"
    assert shop.execute(plan)["health"]["verdict"] == "healthy"


def test_an_upload_that_never_ended_does_not_block_for_ever(shop: Site, netlify: Netlify):
    """A client was killed during its upload: Netlify lists that deploy as uploading for days."""
    netlify.deploy(FIX, 0.01, state="uploading")
    assert {row["code"] for row in shop.plan(check=6)["findings"]} >= {"deploy-in-flight"}
    netlify.rows[-1]["created_at"] = at(2)
    netlify.published["created_at"] = at(3)
    plan = shop.plan()
    assert {row["code"]: row["level"] for row in plan["findings"]}["deploy-stuck"] == "warning"
    assert chosen(plan) == (BAD, GOOD)


def test_a_lock_that_everybody_has_forgotten_is_said(shop: Site, netlify: Netlify):
    """Builds succeed for weeks, the site answers 200, and nothing of it is new."""
    netlify.lock()
    for days in (3, 2, 1):
        netlify.deploy(f"{days}" * 40, days / 100)
    assert "automatic publishing is off (locked to " in opened(shop)
    told = {row["code"]: row["message"] for row in shop.plan()["findings"]}
    assert "builds are not published" in told["auto-publish-off"]


def test_a_nightly_build_of_the_same_commit_is_told(shop: Site, netlify: Netlify):
    """A scheduled build hook: each night the bad commit is built again, and is `previous` the day after."""
    for days in (0.15, 0.1):
        netlify.deploy(BAD, days, title="Deploy triggered by hook: nightly")
    plan = shop.plan()
    assert chosen(plan) == (BAD, BAD), "content or variables may be what is wrong"
    told = {row["code"]: (row["level"], row["message"], row["fix"]) for row in plan["findings"]}
    level, message, fix = told["same-commit"]
    good = netlify.rows[1]["id"]
    assert level == "warning" and "same commit" in message and good in fix
    assert "same-commit" not in {row["code"] for row in shop.plan(good)["findings"]}


def test_a_deploy_that_retention_has_deleted_is_no_target(shop: Site, netlify: Netlify):
    """The list still has it; its own address answers 404, and it cannot be published any more."""
    newest, oldest = netlify.rows[1], netlify.rows[0]
    netlify.pages[netlify.rows[-1]["id"]] = (200, "slow, and wrong")
    for row in (newest, oldest):
        netlify.delete(row)
    (finding,) = shop.plan(check=3)["findings"]
    assert finding["code"] == "nothing-to-roll-back-to"
    assert all(
        f"{row['id']}: its own front page answers 404" in finding["message"]
        for row in (newest, oldest)
    )
    plan = shop.plan(newest["id"])
    assert "artifact-gone" in {row["code"] for row in plan["findings"]}, "a person may know better"
    assert shop.execute(plan, check=5)["outcome"] == "failed" and netlify.live == f"{BAD} open"


def test_a_monorepo_with_several_links_is_asked_about(shop: Site, netlify: Netlify):
    """The link of the root is to another site than that of the package which is deployed."""
    shop.commit_settings({"platform": "netlify", "netlify": {"api": netlify.server.url}})
    settings = shop.project / ".claude/deployment-rollback.yml"
    settings.write_text(settings.read_text().replace("staging", "production"))
    for folder, site in (("", netlify.id), ("apps/web/", "11111111-2222-3333-4444-555555555555")):
        state = shop.project / folder / ".netlify/state.json"
        state.parent.mkdir(parents=True)
        state.write_text(f'{{"siteId": "{site}"}}')
    error = shop.script("plan", "production", "--dry-run", check=2)["error"]
    assert error["code"] == "which-site" and "apps/web" in error["message"]
