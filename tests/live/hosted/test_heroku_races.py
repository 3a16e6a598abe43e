"""Somebody else releases, two runs at once, kill -9: the state is never one that nobody wanted."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from heroku_server import BAD, GOOD, OLD, TOKEN, Heroku
from hosted_site import Site
from loopback import Asked, Fault

from tests.live.run_processes import kill_run


def test_a_release_between_plan_and_execute_stops_everything(site: Site, heroku: Heroku):
    plan = site.plan()
    heroku.set_config(0, FEATURE="fixed by hand")
    error = site.execute(plan, check=10)["error"]
    assert error["code"] == "drifted" and "live release of shop has changed" in error["message"]
    assert heroku.server.changes() == []


def test_a_release_that_only_says_that_it_is_the_target_stops_everything(
    site: Site, heroku: Heroku
):
    plan = site.plan()
    heroku.deploy("f" * 40, 0)
    heroku.releases[-1]["description"] = "Rollback to v4"
    assert site.execute(plan, check=10)["error"]["code"] == "drifted"
    assert heroku.server.changes() == []


def test_another_app_under_the_same_name_stops_everything(site: Site, heroku: Heroku):
    plan = site.plan()
    heroku.id = "0" * 8 + heroku.id[8:]
    error = site.execute(plan, check=10)["error"]
    assert "The Heroku app shop has changed" in error["message"] and heroku.server.changes() == []


def test_a_release_between_guard_and_change_is_left_alone(site: Site, heroku: Heroku):
    """The script reads once more right before it asks."""
    plan, lists = site.plan(), 0

    def deploy(asked: Asked) -> None:
        nonlocal lists
        lists += asked.path.endswith("/releases")
        if lists == 3 and len(heroku.releases) == 6:  # guard, proof, and the look before the change
            heroku.deploy("f" * 40, 0)

    heroku.server.watch = deploy
    done = site.execute(plan, check=10)
    assert done["error"]["code"] == "drifted"
    assert "v7 is live: somebody released it since this run began" in done["talk"]
    assert heroku.server.changes() == [] and heroku.live == f"v7 {'f' * 40}"


def test_a_release_that_the_rollback_took_back_is_reported(site: Site, heroku: Heroku):
    """Heroku has no rollback on condition: only afterwards can it be seen."""
    plan = site.plan()
    heroku.server.watch = lambda asked: (
        heroku.deploy("f" * 40, 0) if asked.method == "POST" and len(heroku.releases) == 6 else None
    )
    done = site.execute(plan, check=5)
    assert (done["outcome"], done["exit"], heroku.live) == ("partial", 5, f"v8 {GOOD}")
    assert done["open"][0].startswith("v7 of shop went back, too: somebody released it (Deploy fff")
    assert "heroku rollback v7 --app shop" in site.plan("status")["open"][0]
    assert site.restore(plan, check=7)["outcome"] == "restored", "it was reported once"


def test_a_release_that_is_being_made_is_left_alone(site: Site, heroku: Heroku):
    plan = site.plan()
    heroku.phase_seconds = 600
    heroku.started[heroku.deploy("f" * 40, 0, "pending")] = 1e12
    done = site.execute(plan, check=5)
    assert "v7 is being released" in done["talk"] and heroku.server.changes() == []


def test_a_deploy_after_the_rollback_is_not_undone(site: Site, heroku: Heroku):
    plan = site.plan()
    site.execute(plan)
    heroku.deploy("f" * 40, 0)
    assert site.restore(plan, check=10)["error"]["code"] == "drifted"
    assert len(heroku.server.changes()) == 1


def test_who_went_back_by_hand_has_it_already(site: Site, heroku: Heroku):
    plan = site.plan()
    heroku.roll_back(4)
    assert site.execute(plan)["outcome"] == "already" and heroku.server.changes() == []


def test_of_two_runs_at_once_one_makes_the_release(site: Site, heroku: Heroku):
    plan = site.plan()
    pair = [site.start("execute", *site.approved(plan)) for _ in range(2)]
    for process in pair:
        process.communicate(timeout=120)
    assert sorted(process.returncode for process in pair) in ([0, 9], [0, 0])
    assert len(heroku.server.changes()) == 1 and heroku.live == f"v7 {GOOD}"


def test_of_two_machines_the_later_one_sees_what_the_other_did(
    site: Site, heroku: Heroku, tmp_path: Path
):
    (tmp_path / "other").mkdir()
    health = f"{heroku.server.url}/-/health"
    other = Site(tmp_path / "other", "heroku", health, app="shop", api=heroku.server.url)
    other.environment["HEROKU_API_KEY"] = TOKEN
    plan, elsewhere = site.plan(), other.plan("v2")
    site.execute(plan)
    assert other.execute(elsewhere, check=10)["error"]["code"] == "drifted"
    assert (len(heroku.server.changes()), heroku.commit()) == (1, GOOD)
    assert OLD not in heroku.live


LINES = (1, 2)  # after start, after done


@pytest.mark.parametrize("lines", LINES)
@pytest.mark.parametrize("verb", ["execute", "restore"])
def test_a_run_killed_at_any_line_of_its_journal_goes_on(
    site: Site, heroku: Heroku, verb: str, lines: int
):
    heroku.repair()
    plan = site.plan()
    if verb == "restore":
        site.execute(plan)
    before = len(site.journal(plan))
    process = site.start(verb, *site.approved(plan))
    while len(site.journal(plan)) - before < lines and process.poll() is None:
        time.sleep(0.002)
    kill_run(process, plan["run"])
    site.script(verb, *site.approved(plan))
    assert heroku.commit() == (GOOD if verb == "execute" else BAD)


def test_a_run_killed_while_heroku_works_waits_for_the_same_release(site: Site, heroku: Heroku):
    heroku.slugs[heroku.by("4")["slug"]["id"]]["process_types"]["release"] = "migrate"
    heroku.phase_seconds = 4
    plan = site.plan()
    process = site.start("execute", *site.approved(plan))
    while not heroku.server.changes():
        assert process.poll() is None, process.communicate()
        time.sleep(0.01)
    kill_run(process, plan["run"])
    assert heroku.live == f"v6 {BAD}"
    assert site.execute(plan)["outcome"] == "done"
    assert (heroku.live, len(heroku.server.changes())) == (f"v7 {GOOD}", 1)


@pytest.mark.parametrize("verb", ["execute", "restore"])
def test_what_a_killed_run_took_back_is_reported_by_whatever_goes_on(
    site: Site, heroku: Heroku, verb: str
):
    """Killed after Heroku has made the rollback, and before the script has looked what went with it."""
    plan = site.plan()
    heroku.server.watch = lambda asked: (
        heroku.deploy("f" * 40, 0) if asked.method == "POST" and len(heroku.releases) == 6 else None
    )
    heroku.server.fault = Fault("hang", method="POST", after=True)
    process = site.start("execute", *site.approved(plan))
    while not heroku.server.changes():
        assert process.poll() is None, process.communicate()
        time.sleep(0.01)
    kill_run(process, plan["run"])
    heroku.server.fault = None
    done = site.script(verb, *site.approved(plan), check=5)
    assert done["outcome"] == "partial" and done["open"][0].startswith("v7 of shop went back, too")
    assert heroku.commit() == (GOOD if verb == "execute" else BAD)
    assert len(heroku.server.changes()) == (1 if verb == "execute" else 2)
    assert "heroku rollback v7 --app shop" in site.plan("status")["open"][0]
