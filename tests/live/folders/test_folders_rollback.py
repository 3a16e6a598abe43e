"""Release folders on this machine: the real scripts, real folders, a real server."""

from __future__ import annotations

import os
import shutil
import time

from folders_site import Site


def test_from_bad_to_the_last_good_one_and_back(site: Site):
    plan = site.plan()
    (move,) = plan["moves"]
    assert (move["current"]["version"], move["to"]["version"], plan["verdict"]) == (
        "v1.2.3",
        "v1.2.1",
        "ready",
    )
    assert [(one["code"], one["release"][:2]) for one in move["skipped"]] == [("unfinished", "20")]
    assert move["bare"] != move["to"]["id"] or move["bare"] is None or move["skipped"]
    assert plan["health"]["verdict"] == "unhealthy"
    done = site.execute(plan)
    assert (done["outcome"], done["targets"][0]["state"], site.answer()) == (
        "done",
        "rolled-back",
        (200, "v1.2.1"),
    )
    assert [one["verdict"] for one in done["health"]["checks"] if one["phase"] == "after"] == [
        "healthy"
    ]
    assert (site.current(), site.log()) == (move["to"]["id"], [move["to"]["id"]])
    back = site.restore(plan, check=7)
    assert (back["outcome"], site.answer(), site.current()) == (
        "restored",
        (500, "v1.2.3"),
        move["current"]["id"],
    )
    assert site.log() == [move["to"]["id"], move["current"]["id"]]


def test_after_a_rollback_previous_never_means_the_bad_one(site: Site):
    site.execute(site.plan())
    (move,) = site.plan()["moves"]
    assert move["to"]["version"] == "v1.2.0"
    again = site.plan("v1.2.1")
    assert (again["verdict"], again["moves"]) == ("already", [])


def test_from_good_to_good_is_warned_about_and_works(site: Site):
    site.link(site.build("v1.3.0", 1))
    site.serve()
    plan = site.plan("v1.2.1")
    assert {"healthy-now"} <= {one["code"] for one in plan["findings"]}
    assert site.execute(plan)["outcome"] == "done"
    assert site.answer() == (200, "v1.2.1")


def test_modification_times_against_the_log_change_nothing(site: Site):
    names = sorted(os.listdir(site.files / "releases"))
    for at, name in enumerate(reversed(names)):
        os.utime(site.files / "releases" / name, (1_000_000 + at, 1_000_000 + at))
    (move,) = site.plan()["moves"]
    assert move["to"]["version"] == "v1.2.1"
    assert move["bare"] == names[1]


def test_drift_between_plan_and_execute_stops_everything(site: Site):
    plan = site.plan()
    name = site.build("v1.2.4", 1)
    site.link(name)
    refused = site.execute(plan, check=10)
    assert refused["error"]["code"] == "drifted"
    assert (site.current(), site.log(), site.journal(plan)) == (name, [], [])


def test_a_release_that_was_deleted_since_can_still_be_left(site: Site):
    plan = site.plan()
    (move,) = plan["moves"]
    site.execute(plan)
    shutil.rmtree(site.files / "releases" / move["to"]["id"])
    back = site.restore(plan, check=7)
    assert (back["outcome"], site.current()) == ("restored", move["current"]["id"])
    assert site.restore(plan, check=None)["exit"] in (0, 7), "already there is no error"


def test_a_target_that_changed_since_the_plan_is_not_switched_to(site: Site):
    plan = site.plan()
    (site.files / "releases" / plan["moves"][0]["to"]["id"] / "REVISION").write_text(
        "something else\n"
    )
    assert site.execute(plan, check=10)["error"]["code"] == "drifted"
    shutil.rmtree(site.files / "releases" / plan["moves"][0]["to"]["id"])
    assert site.execute(plan, check=10)["error"]["code"] == "drifted"
    assert site.current() == plan["moves"][0]["current"]["id"]


def test_somebody_who_did_it_by_hand_already_is_no_error(site: Site):
    plan = site.plan()
    site.link(plan["moves"][0]["to"]["id"])
    assert site.execute(plan, check=None)["outcome"] == "already"


def test_two_runs_at_once_do_one_change(site: Site):
    plan = site.plan()
    both = [site.start("execute", *site.approved(plan)) for _ in range(2)]
    codes = sorted([process.wait(300) for process in both])
    assert codes[0] == 0 and codes[1] in (0, 9)
    assert (site.current(), site.log()) == (
        plan["moves"][0]["to"]["id"],
        [plan["moves"][0]["to"]["id"]],
    )
    for process in both:
        process.communicate()


def test_a_restart_that_fails_is_told_and_can_be_taken_back(site: Site):
    (site.files / "releases" / site.plan()["moves"][0]["to"]["id"] / "restart").write_text(
        "echo no such pool >&2; exit 3\n"
    )
    plan = site.plan()
    broken = site.execute(plan, check=5)
    assert (
        broken["targets"][0]["state"] == "failed"
        and broken["targets"][0]["now"] == plan["moves"][0]["to"]["id"]
    )
    assert site.answer() == (500, "v1.2.3")  # the old process still serves
    back = site.restore(plan, check=7)
    assert (back["outcome"], site.current(), site.log()) == (
        "restored",
        plan["moves"][0]["current"]["id"],
        [],
    )


def test_a_link_that_cannot_be_switched_back_leaves_no_false_line_in_the_log(site: Site):
    plan = site.plan()
    (move,) = plan["moves"]
    site.execute(plan)
    shutil.rmtree(site.files / "releases" / move["current"]["id"])
    failed = site.restore(plan, check=5)
    assert failed["targets"][0]["state"] == "failed", failed
    assert (site.current(), site.log()) == (move["to"]["id"], [move["to"]["id"]])
    assert site.answer() == (200, "v1.2.1")


def test_a_server_that_was_not_restarted_is_unhealthy(site: Site):
    """OPcache and workers: the link is right, the code that serves is not."""
    site.settings(restart=["true"])
    plan = site.plan("v1.2.0")
    began = time.monotonic()
    site.link(plan["moves"][0]["current"]["id"])
    (site.files / "current" / "release.json").write_text('{"version": "v1.2.3", "broken": false}')
    site.serve()
    found = site.script("execute", *site.approved(plan), "--deadline", "40", check=None)
    (after,) = [
        one
        for one in found["health"]["checks"]
        if one["phase"] == "after" and one["name"].startswith("http")
    ]
    assert "still serves v1.2.3, not v1.2.0" in after["detail"] and found["exit"] in (7, 8)
    assert time.monotonic() - began < 200
