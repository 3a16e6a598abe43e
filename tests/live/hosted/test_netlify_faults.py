"""A fault at every request: never a wrong target, never a success that is none, and always to be resumed."""

from __future__ import annotations

import hosted_faults
import pytest
from hosted_faults import WORDS, approvable, planned
from hosted_site import Site
from loopback import FAULTS, Fault
from netlify_server import BAD, GOOD, TOKEN, Netlify

KINDS = ("hang", "429", "500", "cut", "401")


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch, shop: Site) -> Site:
    return hosted_faults.hasty(monkeypatch, shop, "NETLIFY_AUTH_TOKEN")


@pytest.mark.parametrize("kind", FAULTS)
def test_a_platform_that_cannot_be_read_gives_no_plan_whichever_request_it_is(
    hasty: Site, netlify: Netlify, kind: str
):
    hosted_faults.no_plan_of_a_fault(hasty, netlify.server, kind)


def test_a_platform_that_does_not_answer_in_time_gives_no_plan(
    hasty: Site, netlify: Netlify, monkeypatch: pytest.MonkeyPatch
):
    hosted_faults.impatient(monkeypatch)
    hosted_faults.no_plan_of_a_fault(hasty, netlify.server, "hang")


@pytest.mark.parametrize("kind", hosted_faults.PASSING)
def test_one_failed_read_changes_no_plan(hasty: Site, netlify: Netlify, kind: str):
    hosted_faults.same_plan_despite_a_fault(hasty, netlify.server, kind)


@pytest.mark.parametrize("first", range(15))
def test_a_fault_in_a_run_is_told_and_the_run_can_be_resumed(
    hasty: Site, netlify: Netlify, first: int
):
    shop, plan = hasty, approvable(planned(hasty))
    netlify.server.fault = Fault(KINDS[first % len(KINDS)], first)
    done = shop.execute(plan, check=None)
    assert netlify.server.fault.seen > first, "there was such a request"
    netlify.server.fault = None
    assert netlify.live in (f"{GOOD} locked", f"{GOOD} open", f"{BAD} open")
    if done["exit"] == 0:
        assert netlify.live == f"{GOOD} locked"
        return
    if "error" in done:
        assert done["exit"] == 12 and netlify.live == f"{BAD} open" and done["error"]["fix"], done
    else:
        assert done["exit"] in (5, 7, 11) and done["targets"], done
    assert shop.execute(plan)["outcome"] in ("done", "already")
    assert netlify.live == f"{GOOD} locked"


@pytest.mark.parametrize("kind", ["drop", "cut", "500"])
@pytest.mark.parametrize("after", [True, False], ids=["made", "not-made"])
def test_an_answer_that_never_came_is_no_reason_to_ask_twice(
    hasty: Site, netlify: Netlify, kind: str, after: bool
):
    shop, plan = hasty, approvable(planned(hasty))
    netlify.server.fault = Fault(kind, method="POST", after=after)
    done = shop.execute(plan, check=0 if after else 5)
    paths = [path.rpartition("/")[2] for _, path, _ in netlify.server.changes()]
    assert paths == (["restore", "lock"] if after else ["restore"])
    if not after:
        assert netlify.live == f"{BAD} open" and done["next"], "told, and to be resumed"
        assert shop.execute(plan)["outcome"] == "done"
    assert netlify.live == f"{GOOD} locked"


@pytest.mark.parametrize("kind", WORDS)
def test_a_lock_that_is_refused_is_told_and_the_site_is_not_called_safe(
    hasty: Site, netlify: Netlify, kind: str
):
    shop, plan = hasty, approvable(planned(hasty))
    netlify.server.fault = Fault(kind, first=1, method="POST")
    done = shop.execute(plan, check=5)
    assert netlify.live == f"{GOOD} open" and done["outcome"] in ("failed", "partial")
    assert WORDS[kind] in done["talk"] and TOKEN not in done["talk"]
    good = netlify.rows[1]["id"]
    assert f"automatic publishing of shop: on, at {good}" in done["targets"][0]["proof"]
    (item,) = [row for row in done["open"] if "publish" in row]
    assert item.startswith(f"shop is NOT locked to {good}") and "lockDeploy" in item
    assert shop.execute(plan)["outcome"] == "done" and netlify.live == f"{GOOD} locked"


def test_a_deploy_that_netlify_does_not_publish_is_told_in_its_words(shop: Site, netlify: Netlify):
    plan = shop.plan()
    netlify.rows[1]["state"] = "error"
    done = shop.execute(plan, check=5)
    assert "HTTP 422: This deploy cannot be published" in done["talk"]
    assert netlify.live == f"{BAD} open" and not any("publish" in row for row in done["open"])


@pytest.mark.parametrize(("kind", "first"), [("drop", 0), ("401", 1)])
def test_a_fault_in_a_restore_can_be_resumed(hasty: Site, netlify: Netlify, kind: str, first: int):
    netlify.repair()
    shop, plan = hasty, approvable(planned(hasty))
    shop.execute(plan)
    netlify.server.fault = Fault(kind, first, method="POST")
    done = shop.restore(plan, check=None)
    assert done["exit"] in (0, 5), done
    netlify.server.fault = None
    if done["exit"]:
        assert shop.restore(plan)["outcome"] in ("restored", "already")
    assert netlify.live == f"{BAD} open"
