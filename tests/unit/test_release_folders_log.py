"""The logs of Capistrano and Deployer, line by line: events, service, who was rolled back from."""

from __future__ import annotations

import json

import pytest
from folders_recorded import back, deployed
from hypothesis import given
from hypothesis import strategies as st

from rollback.platforms.release_folders import log
from rollback.platforms.release_folders.order import natural


def capistrano(*lines: str) -> list[log.Event]:
    return log.events("capistrano", lines)


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


def test_older_versions_write_no_commit_and_a_user_may_be_empty():
    (old, nobody) = capistrano(
        "Branch main deployed as release 20261120090000 by ana",
        " rolled back to release 20261120090000",
    )
    assert (old.commit, old.by) == (None, "ana")
    assert (nobody.back, nobody.by, nobody.release) == (True, None, "20261120090000")


def test_a_line_that_is_not_understood_is_left_out():
    assert capistrano("", "Bereitgestellt von ana", "deployed as release") == []
    broken = [
        "{",
        "[]",
        "null",
        "3",
        '{"release_name": "7"}',
        '{"created_at": "yesterday", "release_name": "7"}',
        '{"created_at": 7, "release_name": 7}',
    ]
    assert log.events("deployer", broken) == []


def test_windows_line_ends_are_no_part_of_a_name():
    (event, gone) = capistrano(deployed("1") + "\r", back("1") + "\r")
    assert (event.by, gone.release) == ("ana", "1")


def test_deployer_tells_times_with_their_zone():
    (event,) = log.events("deployer", [deployer("2026-11-18T10:00:00+0100")])
    assert (event.at, event.branch, event.by) == ("2026-11-18T09:00:00Z", "main", "ana")


def test_text_of_a_log_is_cleaned():
    (event,) = capistrano(
        "Branch \x1b[31mmain\x1b[0m<b> (at 1a2b3c4) deployed as release 1 by `root`"
    )
    assert (event.branch, event.by) == ("main‹b›", "'root'")


@pytest.mark.parametrize(
    "name", ["20261301000000", "2026112009000", "v1", "", "２０２６１１２００９００００"]
)
def test_a_name_that_is_no_time_tells_none(name):
    assert log.stamp(name) is None


def test_service_ends_with_the_next_deploy():
    events = capistrano(deployed("20261120090000"), deployed("20261120100000"))
    assert log.service(events, set()) == {"20261120090000": 3600}


def test_the_time_of_a_rollback_is_unknown_so_it_proves_no_service():
    events = capistrano(
        deployed("20261120090000"),
        deployed("20261120100000"),
        back("20261120090000"),
        deployed("20261121090000"),
    )
    assert log.service(events, set()) == {"20261120090000": 3600}


def test_what_never_served_ends_no_service():
    lines = [
        deployer("2026-11-20T09:00:00+0000", "7"),
        deployer("2026-11-20T10:00:00+0000", "8"),
        deployer("2026-11-20T12:00:00+0000", "9"),
    ]
    assert log.service(log.events("deployer", lines), {"8"}) == {"7": 3 * 3600}


def test_each_step_back_marks_what_it_leaves():
    assert log.replaced(
        capistrano(deployed("1"), deployed("2"), deployed("3"), back("2"), back("1"))
    ) == {"2", "3"}


def test_going_forward_marks_nothing():
    assert log.replaced(capistrano(deployed("1"), deployed("2"), back("1"), back("2"))) == set()


@given(st.lists(st.text(), max_size=8), st.sampled_from(["capistrano", "deployer", None, "other"]))
def test_no_text_breaks_the_reader(lines, kind):
    events = log.events(kind, lines)
    assert log.replaced(events) <= {event.release for event in events}
    assert all(seconds >= 0 for seconds in log.service(events, set()).values())


@given(st.lists(st.text(max_size=12), max_size=12))
def test_any_names_have_an_order(names):
    assert [natural(name) for name in sorted(names, key=natural)] == sorted(map(natural, names))


def test_numbers_are_ordered_by_value():
    assert sorted(["v10", "v9", "v9.1", "10", "9"], key=natural) == ["9", "10", "v9", "v9.1", "v10"]
