"""The logs of Capistrano and Deployer, line by line: events, service time, which releases were rolled back from."""

from __future__ import annotations

import json

import pytest
from folders_recorded import back, deployed
from hypothesis import given
from hypothesis import strategies as st

from rollback.platforms.release_folders import deploy_log
from rollback.platforms.release_folders.order import natural


def capistrano(*lines: str) -> tuple[deploy_log.Event, ...]:
    return deploy_log.parse("capistrano", lines).events


def logged(*lines: str) -> tuple[deploy_log.Event, ...]:
    return deploy_log.parse("deployer", lines).events


def deployer(at: str, name: str = "7", **more: object) -> str:
    return json.dumps(
        {"created_at": at, "release_name": name, "user": "ana", "target": "main", **more}
    )


def test_a_deploy_names_branch_commit_and_user():
    (event,) = capistrano(
        "Branch feature/a (b) (at 1a2b3c4) deployed as release 20261120090000 by Ana Lee"
    )
    assert (event.branch, event.commit, event.by, event.at) == (
        "feature/a (b)",
        "1a2b3c4",
        "Ana Lee",
        "2026-11-20T09:00:00Z",
    )


def test_the_commit_and_the_user_may_be_missing():
    (old, nobody) = capistrano(
        "Branch main deployed as release 20261120090000 by ana",
        " rolled back to release 20261120090000",
    )
    assert (old.commit, old.by) == (None, "ana")
    assert (nobody.rollback, nobody.by, nobody.release) == (True, None, "20261120090000")


def test_an_unreadable_line_is_left_out():
    assert capistrano("", "Bereitgestellt von ana", "deployed as release") == ()
    broken = [
        "{",
        "[]",
        "null",
        "3",
        '{"release_name": "7"}',
        '{"created_at": "yesterday", "release_name": "7"}',
        '{"created_at": 7, "release_name": 7}',
    ]
    assert logged(*broken) == ()


def test_windows_line_ends_are_not_part_of_a_name():
    (event, rollback) = capistrano(deployed("1") + "\r", back("1") + "\r")
    assert (event.by, rollback.release) == ("ana", "1")


def test_deployers_times_are_converted_to_utc():
    (event,) = logged(deployer("2026-11-18T10:00:00+0100"))
    assert (event.at, event.branch, event.by) == ("2026-11-18T09:00:00Z", "main", "ana")


def test_log_text_is_cleaned():
    (event,) = capistrano(
        "Branch \x1b[31mmain\x1b[0m<b> (at 1a2b3c4) deployed as release 1 by `root`"
    )
    assert (event.branch, event.by) == ("main‹b›", "'root'")


@pytest.mark.parametrize(
    "name", ["20261301000000", "2026112009000", "v1", "", "２０２６１１２００９００００"]
)
def test_a_name_without_a_timestamp_has_no_time(name):
    assert deploy_log.time_in_name(name) is None


def test_service_ends_with_the_next_deploy():
    events = capistrano(deployed("20261120090000"), deployed("20261120100000"))
    assert deploy_log.service_time(events, set()) == {"20261120090000": 3600}


def test_a_rollback_has_no_time_so_it_proves_no_service():
    events = capistrano(
        deployed("20261120090000"),
        deployed("20261120100000"),
        back("20261120090000"),
        deployed("20261121090000"),
    )
    assert deploy_log.service_time(events, set()) == {"20261120090000": 3600}


def test_a_release_that_never_served_ends_no_service():
    lines = [
        deployer("2026-11-20T09:00:00+0000", "7"),
        deployer("2026-11-20T10:00:00+0000", "8"),
        deployer("2026-11-20T12:00:00+0000", "9"),
    ]
    assert deploy_log.service_time(logged(*lines), {"8"}) == {"7": 3 * 3600}


def test_each_rollback_marks_the_release_it_leaves():
    assert deploy_log.rolled_back_from(
        capistrano(deployed("1"), deployed("2"), deployed("3"), back("2"), back("1"))
    ) == {"2", "3"}


def test_rolling_forward_marks_nothing():
    assert (
        deploy_log.rolled_back_from(capistrano(deployed("1"), deployed("2"), back("1"), back("2")))
        == set()
    )


@given(st.lists(st.text(), max_size=8), st.sampled_from(["capistrano", "deployer", None, "other"]))
def test_no_text_breaks_the_parser(lines, kind):
    events = deploy_log.parse(kind, lines).events
    assert deploy_log.rolled_back_from(events) <= {event.release for event in events}
    assert all(seconds >= 0 for seconds in deploy_log.service_time(events, set()).values())


@given(st.lists(st.text(max_size=12), max_size=12))
def test_any_names_have_an_order(names):
    assert [natural(name) for name in sorted(names, key=natural)] == sorted(map(natural, names))


def test_numbers_are_ordered_by_value():
    assert sorted(["v10", "v9", "v9.1", "10", "9"], key=natural) == ["9", "10", "v9", "v9.1", "v10"]
