"""A fault at every request: never a wrong target, never a success that is none, and always to be resumed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from heroku_server import BAD, GOOD, TOKEN, Heroku
from hosted_site import Site
from loopback import FAULTS, Fault

from rollback.approval import approvals
from rollback.errors import RollbackError, Unreadable
from rollback.flow import plan as flow
from rollback.platforms._hosted import api

PASSING = ("drop", "cut", "429", "500", "html")
CODES = {"drop": {"cut-off", "unreachable"}, "cut": {"cut-off"}, "429": {"rate-limited"}, "500": {"server-error"},
         "401": {"login-refused"}, "redirect": {"redirected"}, "html": {"not-json"}}  # fmt: skip


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch, site: Site) -> Site:
    """The planner inside this process, with the site's variables; it does not wait between tries."""
    for name in ("HOME", "PATH", "HEROKU_API_KEY"):
        monkeypatch.setenv(name, site.environment[name])
    monkeypatch.setattr(api.time, "sleep", lambda seconds: None)
    return site


def planned(site: Site) -> flow.Planned:
    return flow.make(flow.Request(site.project, "staging", refresh=True))


def facts(made: flow.Planned) -> Any:
    (move,) = made.plan.moves
    return made.plan.verdict, move.current.id, move.to.id, {row.code for row in made.plan.findings}


def approvable(made: flow.Planned) -> Any:
    assert made.run
    return {"run": str(made.run), "digest": approvals.digest(made.run)}


def runs(site: Site) -> list[Path]:
    return sorted(site.project.glob(".rollback-checkpoint-*"))


@pytest.mark.parametrize("kind", FAULTS)
def test_a_platform_that_cannot_be_read_gives_no_plan_whichever_request_it_is(
    hasty: Site, heroku: Heroku, kind: str
):
    heroku.server.log.clear()
    expected = facts(planned(hasty))
    requests = sum("/-/" not in path for _, path, _ in heroku.server.log)
    assert requests > 15
    for first in range(FAULTS.index(kind), requests, len(FAULTS)):  # each request by one kind
        before = runs(hasty)
        heroku.server.fault = Fault(kind, first, 10_000)
        try:
            made = planned(hasty)
        except RollbackError as error:
            assert isinstance(error, Unreadable) and error.code in CODES[kind], (first, error.code)
            assert error.fix and runs(hasty) == before, "no run folder of a plan that was not made"
        else:
            raise AssertionError(f"request {first} failed as {kind}, yet {facts(made)}")
    heroku.server.fault = None
    assert facts(planned(hasty)) == expected and heroku.server.changes() == []


@pytest.mark.parametrize("kind", PASSING)
def test_one_failed_read_changes_no_plan(hasty: Site, heroku: Heroku, kind: str):
    expected = facts(planned(hasty))
    for first in range(PASSING.index(kind), 25, len(PASSING)):
        heroku.server.fault = Fault(kind, first)
        assert facts(planned(hasty)) == expected, first


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
    assert {"401": "the token was refused", "429": "too many requests", "redirect": "a login page"}[
        kind
    ] in done["talk"]
    assert TOKEN not in done["talk"]
    assert site.execute(plan)["outcome"] == "done"


def test_a_release_that_heroku_does_not_take_is_told_in_its_words(site: Site, heroku: Heroku):
    plan = site.plan()
    heroku.by("4")["eligible_for_rollback"] = False
    done = site.execute(plan, check=5)
    assert "HTTP 422: That release cannot be rolled back to." in done["talk"]
    assert heroku.live == f"v6 {BAD}"
