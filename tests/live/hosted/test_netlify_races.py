"""Somebody else publishes, two runs at once, kill -9: the state is never one that nobody wanted."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hosted_site import Site
from loopback import Asked, Fault
from netlify_server import BAD, GOOD, TOKEN, Netlify, at

from tests.live.run_processes import kill_run

NEW = "f" * 40


def restored(netlify: Netlify) -> int:
    return sum(path.endswith("/restore") for _, path, _ in netlify.server.changes())


def test_what_changes_between_plan_and_execute_stops_everything(shop: Site, netlify: Netlify):
    plan = shop.plan()
    netlify.lock()
    error = shop.execute(plan, check=10)["error"]
    assert (
        error["code"] == "drifted" and "utomatic publishing of shop has changed" in error["message"]
    )
    netlify.published["locked"] = False
    netlify.account = "5f0000000000000000000002"
    error = shop.execute(plan, check=10)["error"]
    assert "The Netlify site shop has changed" in error["message"]
    netlify.account = "5f0000000000000000000001"
    netlify.deploy(NEW, 0)
    error = shop.execute(plan, check=10)["error"]
    assert "The published deploy of shop has changed" in error["message"]
    assert netlify.server.changes() == []


def test_a_build_between_guard_and_change_is_left_alone(shop: Site, netlify: Netlify):
    """The script reads the site once more right before it asks."""
    plan, looks = shop.plan(), 0

    def deploy(asked: Asked) -> None:
        nonlocal looks
        looks += asked.path.endswith(netlify.id)
        if looks == 5 and len(netlify.rows) == 5:  # three guards, a proof, and the last look
            netlify.deploy(NEW, 0)

    netlify.server.watch = deploy
    done = shop.execute(plan, check=10)
    assert done["error"]["code"] == "drifted"
    assert "somebody published it since this run began" in done["talk"]
    assert netlify.server.changes() == [] and netlify.live == f"{NEW} open"


def test_a_deploy_that_the_rollback_took_back_is_reported(shop: Site, netlify: Netlify):
    """Netlify has no publication on condition: only afterwards can it be seen."""
    plan = shop.plan()
    netlify.server.watch = lambda asked: (
        netlify.deploy(NEW, 0) and None
        if asked.method == "POST" and len(netlify.rows) == 5
        else None
    )
    done = shop.execute(plan, check=5)
    assert (done["outcome"], done["exit"], netlify.live) == ("partial", 5, f"{GOOD} locked")
    assert done["open"][0].startswith(f"{netlify.rows[5]['id']} of the site went back, too: ")


@pytest.mark.parametrize("looks", [0, 3], ids=["before it is read back", "right before the lock"])
def test_a_build_that_is_published_before_the_lock_is_on_is_never_locked(
    shop: Site, netlify: Netlify, looks: int
):
    plan, seen = shop.plan(), 0

    def overtake(asked: Asked) -> None:
        nonlocal seen
        seen += restored(netlify) and asked.path.endswith(netlify.id)
        if seen > looks and len(netlify.rows) == 5:
            netlify.deploy(NEW, 0)

    netlify.server.watch = overtake
    done = shop.execute(plan, check=5)
    assert netlify.live == f"{NEW} open" and done["outcome"] == "failed"
    assert len(netlify.server.changes()) == 1
    assert shop.execute(plan, check=10)["error"]["code"] == "drifted"


def test_a_deploy_after_the_rollback_is_not_undone(shop: Site, netlify: Netlify):
    plan = shop.plan()
    shop.execute(plan)
    netlify.published["locked"] = False
    netlify.deploy(NEW, 0)
    assert shop.restore(plan, check=10)["error"]["code"] == "drifted"
    assert restored(netlify) == 1


def test_who_published_it_by_hand_gets_the_lock(shop: Site, netlify: Netlify):
    plan = shop.plan()
    netlify.publish(netlify.rows[1], at(0))
    assert shop.execute(plan)["outcome"] == "done"
    assert netlify.live == f"{GOOD} locked" and restored(netlify) == 0


def test_of_two_runs_at_once_one_publishes(shop: Site, netlify: Netlify):
    plan = shop.plan()
    pair = [shop.start("execute", *shop.approved(plan)) for _ in range(2)]
    for process in pair:
        process.communicate(timeout=200)
    assert sorted(process.returncode for process in pair) in ([0, 9], [0, 0])
    assert restored(netlify) == 1 and netlify.live == f"{GOOD} locked"


def test_of_two_machines_the_later_one_sees_what_the_other_did(
    shop: Site, netlify: Netlify, tmp_path: Path
):
    (tmp_path / "other").mkdir()
    health = f"{netlify.server.url}/-/health"
    other = Site(tmp_path / "other", "netlify", health, site=netlify.id, api=netlify.server.url)
    other.environment["NETLIFY_AUTH_TOKEN"] = TOKEN
    plan, elsewhere = shop.plan(), other.plan(netlify.rows[0]["id"])
    shop.execute(plan)
    assert other.execute(elsewhere, check=10)["error"]["code"] == "drifted"
    assert restored(netlify) == 1


@pytest.mark.parametrize("lines", [1, 2, 3])  # of the journal: two steps, each begun and done
@pytest.mark.parametrize("verb", ["execute", "restore"])
def test_a_run_killed_at_any_line_of_its_journal_goes_on(
    shop: Site, netlify: Netlify, verb: str, lines: int
):
    netlify.repair()
    netlify.carries = lines % 2 == 0
    plan = shop.plan()
    if verb == "restore":
        shop.execute(plan)
    before = len(shop.journal(plan))
    process = shop.start(verb, *shop.approved(plan))
    while len(shop.journal(plan)) - before < lines and process.poll() is None:
        time.sleep(0.002)
    kill_run(process, plan["run"])
    assert netlify.live.split()[0] in (GOOD, BAD)
    shop.script(verb, *shop.approved(plan))
    assert netlify.live == (f"{GOOD} locked" if verb == "execute" else f"{BAD} open")
    assert TOKEN not in shop.written()


@pytest.mark.parametrize("first", [0, 1], ids=["publishing", "locking"])
@pytest.mark.parametrize("locked", [True, False], ids=["locked before", "open before"])
def test_a_run_killed_while_netlify_works_can_be_undone(
    shop: Site, netlify: Netlify, first: int, locked: bool
):
    netlify.repair()
    if locked:
        netlify.lock()
    plan = shop.plan()
    netlify.server.fault = Fault("hang", first=first, method="POST", after=True)
    process = shop.start("execute", *shop.approved(plan))
    while len(netlify.server.changes()) <= first:
        assert process.poll() is None, process.communicate()
        time.sleep(0.01)
    kill_run(process, plan["run"])
    netlify.server.fault = None
    shop.restore(plan)
    assert netlify.live == f"{BAD} {'locked' if locked else 'open'}"


@pytest.mark.parametrize("verb", ["execute", "restore"])
def test_what_a_killed_run_took_back_is_reported_by_whatever_goes_on(
    shop: Site, netlify: Netlify, verb: str
):
    """Killed after Netlify has published, and before the script has looked what went with it."""
    plan = shop.plan()
    netlify.server.watch = lambda asked: (
        netlify.deploy(NEW, 0) and None
        if asked.method == "POST" and len(netlify.rows) == 5
        else None
    )
    netlify.server.fault = Fault("hang", method="POST", after=True)
    process = shop.start("execute", *shop.approved(plan))
    while not netlify.server.changes():
        assert process.poll() is None, process.communicate()
        time.sleep(0.01)
    kill_run(process, plan["run"])
    netlify.server.fault = None
    done = shop.script(verb, *shop.approved(plan), check=5)
    words = f"{netlify.rows[5]['id']} of the site went back, too: "
    assert done["outcome"] == "partial" and done["open"][0].startswith(words)
    assert netlify.live == (f"{GOOD} locked" if verb == "execute" else f"{BAD} open")
    assert shop.plan("status")["open"][0].startswith(words)
