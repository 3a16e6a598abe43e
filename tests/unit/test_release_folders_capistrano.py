"""Capistrano's log in a custom format, cut or contradictory: a release missing there has not failed."""

from __future__ import annotations

import pytest
from folders_recorded import back, deployed, entry, read, story, tools  # noqa: F401

from rollback.platforms.release_folders import details

NAMES = tuple(f"202611{day}090000" for day in (18, 19, 20, 21, 22, 23))
FIRST, SECOND, THIRD, FOURTH, FIFTH, LIVE = NAMES
STANDARD = (deployed(FIRST), deployed(SECOND), deployed(THIRD))
CUSTOM = (
    "abc1234 is on production (ana)",
    "def5678 is on production (bob)",
    "fed9876 is on production (ana)",
)


def test_releases_after_the_log_changed_to_a_custom_format_are_not_treated_as_failed(fp):
    found = read(fp, story(*STANDARD, *CUSTOM, live=LIVE, folders=NAMES))
    assert found.pick == FIFTH
    assert {found.named(name).status for name in (FOURTH, FIFTH)} == {"unknown"}
    assert (
        "box:/srv/shop/revisions.log has lines in a custom format"
        in found.findings["log-not-understood"]
    )


def test_fewer_custom_lines_than_releases_need_confirmation(fp):
    found = read(fp, story(*STANDARD, *CUSTOM[:2], live=LIVE, folders=NAMES))
    assert found.pick == f"{FIFTH}?"
    assert "2 lines in a custom format for 3 releases" in found.findings["finish-not-proven"]
    assert "log-not-understood" in found.findings


def test_a_custom_line_that_names_a_release_proves_that_it_served(fp):
    lines = (f"{FOURTH}: abc1234 on production", f"{LIVE}: def5678 on production")
    found = read(fp, story(*STANDARD, *lines, live=LIVE, folders=NAMES))
    assert (found.named(FIFTH).skip, found.pick) == ("unfinished", FOURTH)
    assert found.named(FOURTH).deployed_at == "2026-11-21T09:00:00Z"
    assert "log-not-understood" in found.findings


def test_a_custom_line_can_be_a_rollback(fp):
    lines = (*(f"{name} is on production" for name in NAMES), f"back to {FIFTH}")
    found = read(fp, story(*lines, live=FIFTH, folders=NAMES))
    assert (found.named(LIVE).status, found.pick) == ("rolled-back-from", FOURTH)


NO_PROOF = (
    f"deploy of {FIFTH} failed",
    f"{FIFTH}: aborted by ana",
    f"from {FOURTH} to {FIFTH}",
    "20261122000000 is on production",
)


@pytest.mark.parametrize("line", NO_PROOF)
def test_a_custom_line_about_a_failure_or_several_releases_or_none_proves_nothing(fp, line):
    found = read(
        fp, story(*STANDARD, deployed(FOURTH), line, deployed(LIVE), live=LIVE, folders=NAMES)
    )
    assert (found.named(FIFTH).skip, found.named(FIFTH).status) == (None, "unknown")
    assert "log-not-understood" in found.findings


def test_a_standard_rollback_line_after_custom_lines_keeps_the_releases_they_may_be_about(fp):
    """`rollback_log_message` is a setting of its own: only the last line is understood."""
    found = read(fp, story(*STANDARD, *CUSTOM, back(FIFTH), live=FIFTH, folders=NAMES))
    assert found.named(FOURTH).skip is None
    assert found.pick == FOURTH


def test_a_log_without_the_live_release_is_not_trusted(fp):
    found = read(fp, story(*STANDARD, live=LIVE, folders=NAMES))
    assert found.pick == f"{FIFTH}?"
    assert "lists neither it nor a release that served" in found.findings["finish-not-proven"]
    assert "does not list the live release" in found.findings["log-not-understood"]


def test_an_emptied_log_fails_no_release_and_needs_confirmation(fp):
    found = read(fp, story("", live=LIVE, folders=NAMES))
    assert (found.pick, found.named(FIFTH).skip) == (f"{FIFTH}?", None)


def test_a_release_missing_from_a_readable_log_is_unfinished(fp):
    found = read(fp, story(*STANDARD, deployed(FOURTH), deployed(LIVE), live=LIVE, folders=NAMES))
    assert (found.named(FIFTH).skip, found.named(FIFTH).status, found.pick) == (
        "unfinished",
        "failed",
        FOURTH,
    )
    assert found.findings == {}


def test_a_byte_order_mark_and_windows_line_ends_are_ignored(fp):
    lines = [line + "\r" for line in (*STANDARD, deployed(FOURTH), deployed(FIFTH), deployed(LIVE))]
    found = read(fp, story("\ufeff" + lines[0], *lines[1:], live=LIVE, folders=NAMES))
    assert (found.findings, found.named(FIRST).status) == ({}, "superseded")


def test_custom_lines_prove_no_service_time(fp):
    found = read(fp, story(deployed(FIRST), *CUSTOM, deployed(LIVE), live=LIVE, folders=NAMES))
    assert found.named(FIRST).served_seconds is None


def test_a_folder_made_by_hand_needs_confirmation(fp):
    found = read(
        fp,
        story(
            *map(deployed, ("r9", "r10", "r12")),
            live="r12",
            folders=("r9", "r10", "r11-fix", "r12"),
        ),
    )
    assert found.pick == "r11-fix?"
    assert "its name is not one that Capistrano gives" in found.findings["finish-not-proven"]


def test_a_release_that_our_records_saw_live_needs_no_log(fp):
    hosts = story(*STANDARD, *CUSTOM[:2], live=LIVE, folders=NAMES)
    assert read(fp, hosts, sightings=(entry(FIFTH, "seen"),)).pick == FIFTH
    assert read(fp, hosts, ledger=(entry(FIFTH, "failed"),)).named(FIFTH).skip is None


def test_a_record_of_another_revision_with_the_same_name_proves_nothing(fp):
    hosts = story(*STANDARD, *CUSTOM[:2], live=LIVE, folders=NAMES)
    assert read(fp, hosts, sightings=(entry(FIFTH, "seen", "f" * 40),)).pick == f"{FIFTH}?"
    own = hosts[""][8].split("\t")[-1]
    assert read(fp, hosts, sightings=(entry(FIFTH, "seen", own),)).pick == FIFTH


def test_disagreeing_logs_of_two_hosts_need_confirmation(fp):
    both = story(*map(deployed, NAMES), live=LIVE, folders=NAMES)[""]
    one = [line for line in both if FIFTH not in line or not line.startswith("line")]
    found = read(fp, {"web1": both, "web2": one})
    assert found.pick == f"{FIFTH}?"
    assert "on web2:/srv/shop" in found.findings["finish-not-proven"]


def test_a_release_that_no_host_lists_is_unfinished(fp):
    both = [
        line
        for line in story(*map(deployed, NAMES), live=LIVE, folders=NAMES)[""]
        if FIFTH not in line or not line.startswith("line")
    ]
    assert read(fp, {"web1": both, "web2": both}).named(FIFTH).skip == "unfinished"


@pytest.mark.parametrize("last", [(back(FIFTH),), ()])
def test_a_release_packed_by_a_rollback_was_rolled_back_from(fp, last):
    kept = tuple(name for name in NAMES if name != LIVE)
    found = read(
        fp,
        story(*map(deployed, NAMES), *last, live=FIFTH, folders=kept, more=(f"archived\t{LIVE}",)),
    )
    packed = found.named(LIVE)
    assert (packed.status, packed.skip) == ("rolled-back-from", "artifact-gone")
    assert "packed into a tar.gz by an earlier rollback" in packed.skip_reason
    assert found.pick == FOURTH


def test_after_a_change_of_tool_the_log_with_the_live_release_counts(fp):
    hosts = story(*map(deployed, NAMES[:3]), live="12", folders=(*NAMES[:3], "11", "12"))
    rows = [
        f'line\t{{"created_at": "2026-11-2{day}T09:00:00+0000", "release_name": "1{day}"}}'
        for day in (1, 2)
    ]
    found = read(fp, {"": [*hosts[""], "log\tdeployer", *rows]})
    assert (details.facts_of(found.live).history.log, found.pick) == ("deployer", "11")


def test_a_project_link_named_release_fails_no_release(fp):
    found = read(
        fp,
        story(
            *map(deployed, NAMES), live=LIVE, folders=NAMES, more=(f"unfinished\treleases/{FIFTH}",)
        ),
    )
    assert (found.pick, found.findings) == (FIFTH, {})


def test_only_some_of_the_pruned_releases_are_listed(fp):
    gone = [f"202610{day}090000" for day in range(10, 30)]
    found = read(fp, story(*map(deployed, [*gone, *NAMES]), live=LIVE, folders=NAMES))
    assert [release.id for release in found.releases] == [*NAMES[::-1], *gone[:-11:-1]]
