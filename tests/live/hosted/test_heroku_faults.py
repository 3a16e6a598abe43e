"""A fault at every request: never a wrong target, never a success that is none, and always to be resumed."""

from __future__ import annotations

import hosted_faults
import pytest
from heroku_server import BAD, GOOD, TOKEN, Heroku
from hosted_faults import PASSING, WORDS, approvable, planned
from hosted_site import Site
from loopback import FAULTS, Fault


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch, site: Site) -> Site:
    return hosted_faults.hasty(monkeypatch, site, "HEROKU_API_KEY")


@pytest.mark.parametrize("kind", FAULTS)
def test_a_platform_that_cannot_be_read_gives_no_plan_whichever_request_it_is(
    hasty: Site, heroku: Heroku, kind: str
):
    hosted_faults.no_plan_of_a_fault(hasty, heroku.server, kind)


def test_a_platform_that_does_not_answer_in_time_gives_no_plan(
    hasty: Site, heroku: Heroku, monkeypatch: pytest.MonkeyPatch
):
    hosted_faults.impatient(monkeypatch)
    hosted_faults.no_plan_of_a_fault(hasty, heroku.server, "hang")


@pytest.mark.parametrize("kind", PASSING)
def test_one_failed_read_changes_no_plan(hasty: Site, heroku: Heroku, kind: str):
    hosted_faults.same_plan_despite_a_fault(hasty, heroku.server, kind)


@pytest.mark.parametrize("first", range(13))
def test_a_fault_in_a_run_is_told_and_the_run_can_be_resumed(
    hasty: Site, heroku: Heroku, first: int
):
    site, plan = hasty, approvable(planned(hasty))
    # the first four are the script's reads before the change: a login that ends at any of them, too
    kind = "401" if first in (0, 2, 3, 5, 7) else PASSING[first % len(PASSING)]
    heroku.server.fault = Fault(kind, first)
    done = site.execute(plan, check=None)
    heroku.server.fault = None
    assert heroku.commit() in (GOOD, BAD)
    if done["exit"] == 0:
        assert heroku.live == f"v7 {GOOD}"
        return
    if "error" in done:
        assert done["exit"] == 12 and heroku.commit() == BAD and done["error"]["fix"], done
    else:
        assert done["exit"] in (5, 7, 11) and done["targets"], done
    resumed = site.execute(plan)
    assert resumed["outcome"] in ("done", "already") and heroku.commit() == GOOD
    assert {row["description"] for row in heroku.releases[6:]} == {"Rollback to v4"}


@pytest.mark.parametrize("kind", ["drop", "cut", "500", "hang"])
@pytest.mark.parametrize("after", [True, False], ids=["made", "not-made"])
def test_an_answer_that_never_came_is_no_reason_to_ask_twice(
    hasty: Site, heroku: Heroku, kind: str, after: bool
):
    site, plan = hasty, approvable(planned(hasty))
    heroku.server.fault = Fault(kind, method="POST", after=after)
    done = site.execute(plan, check=0 if after else 5)
    assert len(heroku.server.changes()) == 1
    if not after:
        assert heroku.commit() == BAD and done["next"], "told, and to be resumed"
        assert site.execute(plan)["outcome"] == "done"
    assert heroku.live == f"v7 {GOOD}" and len(heroku.releases) == 7


def test_a_release_phase_behind_an_answer_that_never_came_is_waited_for(
    hasty: Site, heroku: Heroku
):
    site, plan = hasty, approvable(planned(hasty))
    heroku.slugs[heroku.by("4")["slug"]["id"]]["process_types"]["release"] = "migrate"
    heroku.phase_seconds = 2
    heroku.server.fault = Fault("500", method="POST", after=True)
    assert site.execute(plan)["outcome"] == "done"
    assert (heroku.live, len(heroku.server.changes())) == (f"v7 {GOOD}", 1)


@pytest.mark.parametrize("kind", ["401", "429", "redirect"])
def test_a_refused_change_is_told_and_nothing_was_made(hasty: Site, heroku: Heroku, kind: str):
    site, plan = hasty, approvable(planned(hasty))
    heroku.server.fault = Fault(kind, method="POST")
    done = site.execute(plan, check=5)
    assert (done["outcome"], heroku.live, len(heroku.releases)) == ("failed", f"v6 {BAD}", 6)
    assert WORDS[kind] in done["talk"]
    assert TOKEN not in done["talk"]
    assert site.execute(plan)["outcome"] == "done"


def test_a_release_that_heroku_does_not_take_is_told_in_its_words(site: Site, heroku: Heroku):
    plan = site.plan()
    heroku.by("4")["eligible_for_rollback"] = False
    done = site.execute(plan, check=5)
    assert "HTTP 422: That release cannot be rolled back to." in done["talk"]
    assert heroku.live == f"v6 {BAD}"


@pytest.mark.parametrize("kind", ["drop", "401"])
def test_a_fault_in_a_restore_can_be_resumed(hasty: Site, heroku: Heroku, kind: str):
    heroku.repair()
    site, plan = hasty, approvable(planned(hasty))
    site.execute(plan)
    heroku.server.fault = Fault(kind, method="POST")
    done = site.restore(plan, check=None)
    assert done["exit"] in (0, 5), done
    heroku.server.fault = None
    if done["exit"]:
        assert site.restore(plan)["outcome"] in ("restored", "already")
    assert heroku.commit() == BAD
