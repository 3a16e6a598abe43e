"""An API on Heroku and its front end on Vercel: one plan, one question, in order, and back in reverse."""

from __future__ import annotations

import json
import time
from typing import Any

import heroku_server
import pytest
import vercel_server
from heroku_server import Heroku
from hosted_site import Site
from loopback import Fault
from vercel_server import Vercel

from tests.live.run_processes import kill_run


@pytest.fixture
def stack(site: Site, heroku: Heroku, vercel: Vercel) -> Site:
    """Both platforms, live with a bad release; the front end goes back after the API."""
    api = {"app": heroku.app, "api": heroku.server.url}
    web = {"project": vercel.name, "team": vercel.slug, "api": vercel.server.url}
    components = [
        {"name": "api", "heroku": api, "health": _health(heroku)},
        {"name": "web", "vercel": web, "health": _health(vercel), "after": ["api"]},
    ]  # fmt: skip
    site.commit_settings({"components": components})
    site.environment["VERCEL_TOKEN"] = vercel_server.TOKEN
    return site


def _health(platform: Heroku | Vercel) -> list[dict[str, Any]]:
    return [{"url": f"{platform.server.url}/-/health", "version_key": "version", "attempts": 1}]


def commits(heroku: Heroku, vercel: Vercel) -> tuple[str, str]:
    return heroku.commit(), vercel.commit()


GOOD = (heroku_server.GOOD, vercel_server.GOOD)
BAD = (heroku_server.BAD, vercel_server.BAD)


def test_both_go_back_in_one_run_and_forward_again_in_reverse(stack, heroku, vercel):
    plan = stack.plan()
    assert [row["id"] for row in plan["components"]] == ["api", "web"]
    assert [move["target"]["platform"] for move in plan["moves"]] == ["heroku", "vercel"]
    done = stack.execute(plan)
    assert (done["outcome"], commits(heroku, vercel)) == ("done", GOOD)
    assert _started(stack, plan, "rollback.sh") == ["api", "web"]
    back = stack.restore(plan, check=7)
    assert (back["outcome"], commits(heroku, vercel)) == ("restored", BAD)
    assert _started(stack, plan, "restore.sh") == ["web", "api"]


def test_a_front_end_that_refuses_leaves_a_partial_result_and_a_way_back(stack, heroku, vercel):
    plan = stack.plan()
    vercel.server.fault = Fault("500", count=99, method="POST")
    done = stack.execute(plan, check=5)
    assert (done["outcome"], commits(heroku, vercel)) == ("partial", (GOOD[0], BAD[1]))
    vercel.server.fault = None
    back = stack.restore(plan, check=7)
    assert (back["outcome"], commits(heroku, vercel)) == ("restored", BAD)


def test_killed_between_the_two_it_goes_on(stack, heroku, vercel):
    plan = stack.plan()
    process = stack.start("execute", *stack.approved(plan))
    end = time.monotonic() + 60
    while heroku.commit() != GOOD[0]:
        assert time.monotonic() < end and process.poll() is None, process.communicate()
        time.sleep(0.005)
    kill_run(process, plan["run"])
    assert stack.execute(plan)["outcome"] == "done"
    assert commits(heroku, vercel) == GOOD


def _started(site: Site, plan: Any, script: str) -> list[str]:
    """Return the components in the order in which a script first changed them."""
    lines = [json.loads(line) for line in site.journal(plan)]
    steps = [line["step"] for line in lines if line["script"] == script]
    return list(dict.fromkeys(step.partition(".")[0] for step in steps))
