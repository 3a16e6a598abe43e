"""Vercel, end to end: a plan, the rollback, its proof, and its undo; and what a plan reports."""

from __future__ import annotations

from typing import Any

from hosted_site import Site
from vercel_server import BAD, GOOD, Vercel


def findings(plan: Any) -> dict[str, tuple[str, str]]:
    return {row["code"]: (row["level"], row["message"]) for row in plan["findings"]}


def test_the_last_good_deployment_comes_back_and_goes_again(vercel_site: Site, vercel: Vercel):
    site, good, bad = vercel_site, vercel.uid(GOOD), vercel.uid(BAD)
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
