"""A fault at every request: never a wrong target, never a success that is none, and always to be resumed."""

from __future__ import annotations

import hosted_faults
import pytest
from hosted_faults import PASSING, WORDS, approvable, planned
from hosted_site import Site
from loopback import FAULTS, Fault
from vercel_server import BAD, GOOD, TOKEN, Vercel


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch, vercel_site: Site) -> Site:
    return hosted_faults.hasty(monkeypatch, vercel_site, "VERCEL_TOKEN")


@pytest.mark.parametrize("kind", FAULTS)
def test_a_platform_that_cannot_be_read_gives_no_plan_whichever_request_it_is(
    hasty: Site, vercel: Vercel, kind: str
):
    hosted_faults.no_plan_of_a_fault(hasty, vercel.server, kind)


def test_a_platform_that_does_not_answer_in_time_gives_no_plan(
    hasty: Site, vercel: Vercel, monkeypatch: pytest.MonkeyPatch
):
    hosted_faults.impatient(monkeypatch)
    hosted_faults.no_plan_of_a_fault(hasty, vercel.server, "hang")


@pytest.mark.parametrize("kind", PASSING)
def test_one_failed_read_changes_no_plan(hasty: Site, vercel: Vercel, kind: str):
    hosted_faults.same_plan_despite_a_fault(hasty, vercel.server, kind)


def test_a_plan_asks_for_six_things_and_a_page_of_deployments(hasty: Site, vercel: Vercel):
    assert hosted_faults.requests(vercel.server, lambda: planned(hasty)) <= 7
    vercel.page = 2
    assert hosted_faults.requests(vercel.server, lambda: planned(hasty)) <= 8


@pytest.mark.parametrize("first", range(22))
def test_a_fault_in_a_run_is_reported_and_the_run_can_be_resumed(
    hasty: Site, vercel: Vercel, first: int
):
    site, plan = hasty, approvable(planned(hasty))
    kind = "401" if first % 3 == 0 else PASSING[first % len(PASSING)]
    vercel.server.fault = Fault(kind, first)
    done = site.execute(plan, check=None)
    vercel.server.fault = None
    assert vercel.live in ({vercel.uid(GOOD)}, {vercel.uid(BAD)})
    if done["exit"] == 0:
        assert vercel.live == {vercel.uid(GOOD)}
        return
    if "error" in done:
        assert done["exit"] == 12 and vercel.commit() == BAD and done["error"]["fix"], done
    else:
        assert done["exit"] in (5, 7, 11) and done["targets"], done
    resumed = site.execute(plan)
    assert resumed["outcome"] in ("done", "already") and vercel.live == {vercel.uid(GOOD)}
    assert {path for _, path, _ in vercel.server.changes()} == {
        f"/v1/projects/{vercel.id}/rollback/{vercel.uid(GOOD)}"
    }


@pytest.mark.parametrize("kind", ["drop", "cut", "500", "hang"])
@pytest.mark.parametrize("after", [True, False], ids=["made", "not-made"])
def test_an_answer_that_never_came_is_no_reason_to_ask_twice(
    hasty: Site, vercel: Vercel, kind: str, after: bool
):
    site, plan = hasty, approvable(planned(hasty))
    vercel.server.fault = Fault(kind, method="POST", after=after)
    done = site.execute(plan, check=0 if after else 5)
    assert len(vercel.server.changes()) == 1
    if not after:
        assert vercel.commit() == BAD and done["next"], "reported, and to be resumed"
        assert site.execute(plan)["outcome"] == "done"
    assert vercel.live == {vercel.uid(GOOD)}


@pytest.mark.parametrize("kind", ["401", "429", "redirect"])
def test_a_refused_change_is_reported_and_nothing_was_made(hasty: Site, vercel: Vercel, kind: str):
    site, plan = hasty, approvable(planned(hasty))
    vercel.server.fault = Fault(kind, method="POST")
    done = site.execute(plan, check=5)
    assert (done["outcome"], vercel.live) == ("failed", {vercel.uid(BAD)})
    assert not any("auto-assign" in row for row in done["open"]), "it is as it was"
    assert WORDS[kind] in done["talk"] and TOKEN not in done["talk"]
    assert site.execute(plan)["outcome"] == "done"


@pytest.mark.parametrize("kind", ["drop", "401"])
@pytest.mark.parametrize("method", ["POST", "PATCH"])
def test_a_fault_in_a_restore_can_be_resumed_and_leaves_auto_assign_as_it_was(
    hasty: Site, vercel: Vercel, method: str, kind: str
):
    vercel.bad.clear()
    vercel.auto_assign = False
    site, plan = hasty, approvable(planned(hasty))
    site.execute(plan)
    vercel.server.fault = Fault(kind, method=method)
    done = site.restore(plan, check=None)
    assert done["exit"] in (0, 5), done
    vercel.server.fault = None
    if done["exit"]:
        assert site.restore(plan)["outcome"] in ("restored", "already")
    assert vercel.live == {vercel.uid(BAD)} and vercel.auto_assign is False
