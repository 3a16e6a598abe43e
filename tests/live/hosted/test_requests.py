"""How many requests a plan makes, and that a history of 10,000 deployments costs no more than its first pages."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
import vercel_server
from heroku_server import Heroku
from hosted_faults import hasty, planned
from hosted_site import Site
from loopback import Loopback
from netlify_server import Netlify
from vercel_server import Vercel

from rollback.errors import Unreadable

MANY = 10_000
# What is asked for once: a plan makes no more than six of these requests, and one for each page of a list. Heroku: seven
# lists, as each is a finding of its own: releases (again for the check, as somebody may have deployed since), dynos, formation,
# add-ons, their attachments (a variable of one that would vanish), builds (one under way)
HEROKU = {
    "app": 1, "config-vars": 2, "slugs": 1, "pipeline-couplings": 1,
    "releases": 2, "dynos": 1, "formation": 1, "addons": 1, "addon-attachments": 1, "builds": 1,
}  # fmt: skip
NETLIFY = {"site": 2, "env": 1, "traffic_splits": 1, "build_hooks": 1, "deploys": 1}
VERCEL = {"project": 2, "deployment": 2, "aliases": 1, "env": 1, "deployments": 1}
LISTS = {
    "releases",
    "dynos",
    "formation",
    "addons",
    "addon-attachments",
    "builds",
    "deploys",
    "deployments",
}
WORDS = {
    "apps/*": "app",
    "sites/*": "site",
    "projects/*": "project",
    "deployments/*": "deployment",
    "slugs/*": "slugs",
}


def asked(server: Loopback) -> Counter[str]:
    """Which kinds of paths were asked for, the pages of the site left out."""
    paths = [path for _, path, _ in server.log if "/-/" not in path]
    return Counter(map(_kind, paths))


def _kind(path: str) -> str:
    *_, holder, name = path.split("/")
    return WORDS.get(f"{holder}/*", name)


BEDS = pytest.mark.parametrize(
    ("fixture", "platform", "token", "expected"),
    [
        ("site", "heroku", "HEROKU_API_KEY", HEROKU),
        ("shop", "netlify", "NETLIFY_AUTH_TOKEN", NETLIFY),
        ("vercel_site", "vercel", "VERCEL_TOKEN", VERCEL),
    ],
)


@BEDS
def test_a_plan_asks_for_nothing_twice(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, fixture: str, platform: str, token: str, expected: dict[str, int],
):  # fmt: skip
    """What the checks read again is what they look at after the rollback: it may have changed since."""
    site: Site = request.getfixturevalue(fixture)
    server: Loopback = request.getfixturevalue(platform).server
    hasty(monkeypatch, site, token)
    assert planned(site).run
    assert asked(server) == expected
    assert sum(count for kind, count in expected.items() if kind not in LISTS) <= 6


def commit(number: int) -> str:
    return f"{number:08x}" + "0" * 32


def told(made: Any) -> dict[str, str]:
    return {row.code: row.message for row in made.plan.findings}


@BEDS
def test_ten_thousand_deployments_cost_no_more_than_five(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, fixture: str, platform: str, token: str, expected: dict[str, int],
):  # fmt: skip
    """The newest fifty are enough, and nothing is said about the rest."""
    site: Site = request.getfixturevalue(fixture)
    bed = request.getfixturevalue(platform)
    for number in range(MANY):
        bed.deploy(commit(number), 0.1 - number / MANY / 100)
    made = planned(hasty(monkeypatch, site, token))
    (move,) = made.plan.moves
    assert move.to.commit and commit(MANY - 2).startswith(move.to.commit)
    assert asked(bed.server) == expected and "history-cut" not in told(made)


def test_a_site_with_ten_thousand_previews_is_read_to_a_limit(
    monkeypatch: pytest.MonkeyPatch, shop: Site, netlify: Netlify
):
    for number in range(MANY):
        netlify.deploy("d" * 40, 0.1 - number / MANY / 100, context="deploy-preview")
    made = planned(hasty(monkeypatch, shop, "NETLIFY_AUTH_TOKEN"))
    assert made.plan.verdict == "nothing" and not made.plan.moves
    assert asked(netlify.server)["deploys"] == 10
    assert "older deploys than the 1000 that were read" in told(made)["history-cut"]


def test_ten_thousand_deployments_above_the_live_one_are_not_read(
    monkeypatch: pytest.MonkeyPatch, vercel_site: Site, vercel: Vercel
):
    """Somebody went back months ago, and every merge since was built and reached nobody."""
    vercel.roll_back(vercel.uid(vercel_server.GOOD))
    for number in range(MANY):
        vercel.deploy(commit(number), 0.1 - number / MANY / 100)
    made = planned(hasty(monkeypatch, vercel_site, "VERCEL_TOKEN"))
    (move,) = made.plan.moves
    assert (move.current.commit, move.to.commit) == (vercel_server.GOOD, vercel_server.OLD)
    assert asked(vercel.server)["deployments"] == 6
    assert "hundreds of deployments that are newer than the live one" in told(made)["history-cut"]


def test_an_app_whose_live_release_is_far_down_is_an_error_that_says_so(
    monkeypatch: pytest.MonkeyPatch, site: Site, heroku: Heroku
):
    for number in range(MANY):
        heroku.deploy(commit(number), 0.1 - number / MANY / 100, "failed")
    with pytest.raises(Unreadable) as error:
        planned(hasty(monkeypatch, site, "HEROKU_API_KEY"))
    assert (
        error.value.code == "no-current-release" and "newest 1000 releases" in error.value.message
    )
    assert asked(heroku.server)["releases"] == 20
