"""Somebody else deploys, two runs at once, kill -9: the state is never one that nobody wanted."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest
from hosted_site import Site
from loopback import Asked, Fault
from vercel_server import BAD, GOOD, OLD, TOKEN, Vercel

from tests.live.run_processes import kill_run

NEW = "f" * 40


def test_a_deploy_between_plan_and_execute_stops_everything(vercel_site: Site, vercel: Vercel):
    plan = vercel_site.plan()
    vercel.deploy(NEW, 0)
    error = vercel_site.execute(plan, check=10)["error"]
    assert error["code"] == "drifted" and "hat shop serves has changed" in error["message"]
    assert vercel.server.changes() == []


def test_a_domain_that_somebody_moved_stops_everything(vercel_site: Site, vercel: Vercel):
    plan = vercel_site.plan()
    vercel.served["shop.example.com"] = vercel.deploy(NEW, 1, readySubstate="STAGED")
    vercel.production = vercel.uid(BAD)
    vercel.served["shop.vercel.app"] = vercel.uid(BAD)
    assert vercel_site.execute(plan, check=10)["error"]["code"] == "drifted"
    assert vercel.server.changes() == []


def test_a_project_that_went_to_another_team_stops_everything(vercel_site: Site, vercel: Vercel):
    plan = vercel_site.plan()
    vercel.team = "team_" + "b2" * 12
    error = vercel_site.execute(plan, check=10)["error"]
    assert "The Vercel project shop has changed" in error["message"]
    assert vercel.server.changes() == []


def test_a_deploy_between_guard_and_change_is_left_alone(vercel_site: Site, vercel: Vercel):
    """The script reads once more right before it asks."""
    plan, looks = vercel_site.plan(), 0

    def deploy(asked: Asked) -> None:
        nonlocal looks
        looks += asked.path.startswith("/v9/projects/")
        if looks == 4 and vercel.commit() == BAD:  # two guards, the proof, and the last look
            vercel.deploy(NEW, 0)

    vercel.server.watch = deploy
    done = vercel_site.execute(plan, check=10)
    assert done["error"]["code"] == "drifted"
    assert "somebody deployed since this run began" in done["talk"]
    assert vercel.server.changes() == [] and vercel.commit() == NEW


def test_a_deploy_that_the_rollback_took_back_is_reported(vercel_site: Site, vercel: Vercel):
    """Vercel has no rollback on condition: only afterwards can it be seen."""
    plan = vercel_site.plan()
    vercel.server.watch = lambda asked: (
        vercel.deploy(NEW, 0) if asked.method == "POST" and len(vercel.rows) == 4 else None
    )
    done = vercel_site.execute(plan, check=5)
    assert (done["outcome"], done["exit"], vercel.commit()) == ("partial", 5, GOOD)
    assert done["open"][0].startswith(f"{vercel.uid(NEW)} of the project went back, too: ")


def test_a_move_that_is_under_way_is_left_alone(vercel_site: Site, vercel: Vercel):
    plan = vercel_site.plan()
    vercel.job_seconds = 600
    vercel.ask("promote", vercel.deploy(NEW, 0, readySubstate="STAGED", aliasAssigned=None))
    vercel.assign(vercel.uid(BAD))
    done = vercel_site.execute(plan, check=5)
    assert f"Vercel is moving it to {vercel.uid(NEW)}" in done["talk"]
    assert vercel.server.changes() == []


def test_a_deploy_after_the_rollback_is_not_undone(vercel_site: Site, vercel: Vercel):
    plan = vercel_site.plan()
    vercel_site.execute(plan)
    vercel.auto_assign = True
    vercel.deploy(NEW, 0)
    assert vercel_site.restore(plan, check=10)["error"]["code"] == "drifted"
    assert len(vercel.server.changes()) == 1


def test_who_went_back_by_hand_has_it_already(vercel_site: Site, vercel: Vercel):
    plan = vercel_site.plan()
    vercel.roll_back(vercel.uid(GOOD))
    assert vercel_site.execute(plan)["outcome"] == "already" and vercel.server.changes() == []


def test_of_two_runs_at_once_one_asks(vercel_site: Site, vercel: Vercel):
    plan = vercel_site.plan()
    pair = [vercel_site.start("execute", *vercel_site.approved(plan)) for _ in range(2)]
    for process in pair:
        process.communicate(timeout=120)
    assert sorted(process.returncode for process in pair) in ([0, 9], [0, 0])
    assert len(vercel.server.changes()) == 1 and vercel.live == {vercel.uid(GOOD)}


def test_of_two_machines_the_later_one_sees_what_the_other_did(
    vercel_site: Site, vercel: Vercel, tmp_path: Path
):
    (tmp_path / "other").mkdir()
    facts = {"project": vercel.name, "team": vercel.slug, "api": vercel.server.url}
    other = Site(tmp_path / "other", "vercel", f"{vercel.server.url}/-/health", **facts)
    other.environment["VERCEL_TOKEN"] = TOKEN
    plan, elsewhere = vercel_site.plan(), other.plan("0" * 40)
    vercel_site.execute(plan)
    assert other.execute(elsewhere, check=10)["error"]["code"] == "drifted"
    assert (len(vercel.server.changes()), vercel.commit()) == (1, GOOD)


LINES = (1, 2)  # after start, after done


@pytest.mark.parametrize("lines", LINES)
@pytest.mark.parametrize("verb", ["execute", "restore"])
def test_a_run_killed_at_any_line_of_its_journal_goes_on(
    vercel_site: Site, vercel: Vercel, verb: str, lines: int
):
    vercel.bad.clear()
    plan = vercel_site.plan()
    if verb == "restore":
        vercel_site.execute(plan)
    before = len(vercel_site.journal(plan))
    process = vercel_site.start(verb, *vercel_site.approved(plan))
    while len(vercel_site.journal(plan)) - before < lines and process.poll() is None:
        time.sleep(0.002)
    kill_run(process, plan["run"])
    vercel_site.script(verb, *vercel_site.approved(plan))
    assert vercel.live == {vercel.uid(GOOD if verb == "execute" else BAD)}
    assert vercel.auto_assign is (verb == "restore")
    assert TOKEN not in vercel_site.written()


def test_a_restore_killed_before_it_moves_single_domains_goes_on(vercel_site: Site, vercel: Vercel):
    """By then the promotion has given all of them the same deployment."""
    vercel.bad.clear()
    vercel.served["shop.vercel.app"], vercel.production = [vercel.uid(GOOD)] * 2
    before, plan = dict(vercel.served), vercel_site.plan(OLD)
    vercel_site.execute(plan)
    promoted = threading.Event()
    vercel.server.watch = lambda asked: (
        promoted.set() if "/aliases" in asked.path and asked.method == "POST" else None
    )
    vercel.held = {"shop.example.com"}
    process = vercel_site.start("restore", *vercel_site.approved(plan))
    assert promoted.wait(60)
    kill_run(process, plan["run"])
    vercel.held = set()
    assert vercel_site.restore(plan)["outcome"] == "restored"
    assert (vercel.served, vercel.production) == (before, vercel.uid(GOOD))


@pytest.mark.parametrize("ends", ["succeeded", "failed"])
def test_a_run_killed_while_vercel_works_waits_for_the_same_request(
    vercel_site: Site, vercel: Vercel, ends: str
):
    vercel.job_seconds, vercel.job_ends = 4, ends
    plan = vercel_site.plan()
    process = vercel_site.start("execute", *vercel_site.approved(plan))
    while not vercel.server.changes():
        assert process.poll() is None, process.communicate()
        time.sleep(0.01)
    kill_run(process, plan["run"])
    assert vercel.live == {vercel.uid(BAD)} and TOKEN not in vercel_site.written()
    vercel.stuck = {"shop.example.com"} if ends == "failed" else set()
    done = vercel_site.execute(plan, check=0 if ends == "succeeded" else 5)
    assert done["outcome"] == ("done" if ends == "succeeded" else "partial")
    assert len(vercel.server.changes()) == 1


@pytest.mark.parametrize("seconds", [0, 3], ids=["moved at once", "moving"])
@pytest.mark.parametrize("verb", ["execute", "restore"])
def test_what_a_killed_run_took_back_is_reported_by_whatever_goes_on(
    vercel_site: Site, vercel: Vercel, verb: str, seconds: int
):
    """Killed after Vercel has taken the request, and before the script has looked what went with it."""
    vercel.job_seconds = seconds
    plan = vercel_site.plan()
    vercel.server.watch = lambda asked: (
        vercel.deploy(NEW, 0) and None if asked.method == "POST" and len(vercel.rows) == 4 else None
    )
    vercel.server.fault = Fault("hang", method="POST", after=True)
    process = vercel_site.start("execute", *vercel_site.approved(plan))
    while not vercel.server.changes():
        assert process.poll() is None, process.communicate()
        time.sleep(0.01)
    kill_run(process, plan["run"])
    vercel.server.fault = None
    time.sleep(seconds)  # until then the deploy of somebody else is live: exit 10
    done = vercel_site.script(verb, *vercel_site.approved(plan), check=5)
    words = f"{vercel.uid(NEW)} of the project went back, too: "
    assert done["outcome"] == "partial" and done["open"][0].startswith(words), done
    assert vercel.live == {vercel.uid(GOOD if verb == "execute" else BAD)}
    assert vercel_site.plan("status")["open"][0].startswith(words)
