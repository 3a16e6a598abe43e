"""More situations of public trackers in which going back on Vercel went wrong (SOURCES.md)."""

from __future__ import annotations

import json

from hosted_site import Site
from vercel_server import BAD, DAY, GOOD, OLD, Vercel, now

FIX = "e" * 40


def test_a_preview_that_got_the_production_domains_is_what_is_left(
    vercel_site: Site, vercel: Vercel
):
    """The project still calls the good deployment its production: `previous` is that one."""
    vercel.bad.clear()
    preview = vercel.deploy(FIX, 0.01, target=None, readySubstate="STAGED")
    production = vercel.uid(BAD)
    vercel.assign(production)
    vercel.served = dict.fromkeys(vercel.served, preview)
    vercel.bad.add(preview)
    plan = vercel_site.plan()
    (move,) = plan["moves"]
    assert (move["current"]["id"], move["to"]["id"]) == (preview, production)
    assert "domains-disagree" in {row["code"] for row in plan["findings"]}
    assert vercel_site.execute(plan)["outcome"] == "done" and vercel.live == {production}
    vercel.bad.clear()
    assert vercel_site.restore(plan)["outcome"] == "restored"
    assert set(vercel.served.values()) == {preview} and vercel.production == production


def test_a_promotion_that_vercel_never_ended_does_not_block_for_ever(
    vercel_site: Site, vercel: Vercel
):
    vercel.job_seconds = 10_000
    vercel.ask("promote", vercel.uid(OLD))
    assert vercel_site.plan(check=6)["findings"][0]["code"] == "deploy-in-flight"
    assert vercel.request
    vercel.request["requestedAt"] = now() - DAY // 24
    plan = vercel_site.plan()
    assert {row["code"]: row["level"] for row in plan["findings"]}["request-stuck"] == "warning"
    vercel.job_seconds = 0.2
    assert vercel_site.execute(plan)["outcome"] == "done" and vercel.live == {vercel.uid(GOOD)}


def test_a_commit_that_was_built_again_for_a_variable_is_another_release(
    vercel_site: Site, vercel: Vercel
):
    """A secret is changed, the live commit is built again to take it up, and that breaks it."""
    before = vercel.uid(BAD)
    again = vercel.deploy(BAD, 0.1)
    assert vercel_site.plan()["moves"][0]["to"]["id"] == vercel.uid(GOOD), "nothing changed"
    vercel.variable("STRIPE_KEY", 0.15)
    (move,) = vercel_site.plan()["moves"]
    assert (move["current"]["id"], move["to"]["id"]) == (again, before)


def test_a_folder_with_two_links_is_asked_about(vercel_site: Site, vercel: Vercel):
    """A monorepo has a link for its root, and one that is left from before in the same folder."""
    facts = {"platform": "vercel", "vercel": {"api": vercel.server.url}, "aliases": ["live"]}
    vercel_site.commit_settings(facts)
    folder = vercel_site.project / ".vercel"
    folder.mkdir()
    (folder / "project.json").write_text(json.dumps({"projectId": "prj_of_before", "orgId": "u1"}))
    root = {"id": vercel.id, "name": "shop", "directory": "apps/shop"}
    (folder / "repo.json").write_text(json.dumps({"orgId": vercel.team, "projects": [root]}))
    error = vercel_site.plan(check=2)["error"]
    assert error["code"] == "which-project"
    assert "linked to several projects" in error["message"]
    assert "prj_of_before" in error["message"] and vercel.id in error["message"]
