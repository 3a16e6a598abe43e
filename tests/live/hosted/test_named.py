"""A release that a person names by its id, older than what a plan reads: asked for by itself, and it has to be ours."""

from __future__ import annotations

from typing import Any

import vercel_server
from heroku_server import GOOD, Heroku
from hosted_site import Site
from loopback import Loopback
from netlify_server import Netlify
from vercel_server import Vercel

MANY = 120


def commit(number: int) -> str:
    return f"{number:08x}" + "0" * 32


def singles(server: Loopback, call: Any, path: str) -> Any:
    """What a call returns; it asks for this path once more than a plan of `previous`."""
    server.log.clear()
    answer = call()
    assert sum(asked == path for _, asked, _ in server.log) >= 1
    return answer


def gone_back(site: Site, plan: Any, id: str) -> None:
    (move,) = plan["moves"]
    assert (plan["verdict"], move["to"]["id"]) == ("ready", id)
    assert site.execute(plan)["outcome"] == "done"


def test_an_old_release_of_heroku(site: Site, heroku: Heroku):
    for number in range(MANY):
        heroku.deploy(commit(number), 0.1 - number / MANY / 100)
    read = [row["id"] for row in site.script("history")["releases"]]
    assert "v3" not in read and "v126" in read
    path = f"/apps/{heroku.app}/releases/3"
    plan = singles(heroku.server, lambda: site.plan("v3"), path)
    assert {"forward", "guess"}.isdisjoint(row["code"] for row in plan["findings"])
    gone_back(site, plan, "v3")
    assert heroku.current and heroku.slugs[heroku.current["slug"]["id"]]["commit"] == GOOD
    unknown = site.plan("v999", check=2)["error"]
    assert unknown["code"] == "unknown-release" and unknown["fix"]
    failed = site.plan("v5", check=None)
    assert "failed" in {row["code"] for row in failed["findings"]}


def test_an_old_deploy_of_netlify(shop: Site, netlify: Netlify):
    old = netlify.rows[0]["id"]
    preview = netlify.rows[2]["id"]
    for number in range(MANY):
        netlify.deploy(commit(number), 0.1 - number / MANY / 100)
    other = netlify.deploy(commit(MANY), 0.01, context="branch-deploy")
    other["site_id"] = "5" * 24
    elsewhere = shop.plan(other["id"], check=2)["error"]
    assert elsewhere["code"] == "release-elsewhere" and "5" * 24 in elsewhere["message"]
    assert shop.plan(preview, check=2)["error"]["code"] == "not-production"
    assert shop.plan("a1" * 12, check=2)["error"]["code"] == "unknown-release"
    plan = singles(netlify.server, lambda: shop.plan(old), f"/api/v1/deploys/{old}")
    gone_back(shop, plan, old)
    assert netlify.published and netlify.published["id"] == old and netlify.published["locked"]


def test_an_old_deployment_of_vercel_by_id_and_by_address(vercel_site: Site, vercel: Vercel):
    old = vercel.uid(vercel_server.OLD)
    address = f"https://{(vercel.by(old) or {})['url']}"
    preview = vercel.deploy(commit(MANY), 20, target=None, readySubstate="STAGED")
    other = vercel.deploy(commit(MANY + 1), 20, projectId="prj_other")
    for number in range(MANY):
        vercel.deploy(commit(number), 0.1 - number / MANY / 100)
    elsewhere = vercel_site.plan(other, check=2)["error"]
    assert elsewhere["code"] == "release-elsewhere" and "prj_other" in elsewhere["message"]
    assert vercel_site.plan(preview, check=2)["error"]["code"] == "not-production"
    assert vercel_site.plan("dpl_0123", check=2)["error"]["code"] == "unknown-release"
    live = vercel_site.plan("https://shop.example.com", check=0)
    assert live["verdict"] == "already", "the address of what is live"
    plan = vercel_site.plan(address)
    assert plan["moves"][0]["to"]["id"] == old
    gone_back(vercel_site, vercel_site.plan(old), old)
    assert vercel.live == {old}
