"""Which release is gone back to, and what is said about it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollback.errors import Usage
from rollback.flow.choose import choose, live, reachable, with_service
from rollback.model import Release


def release(id, status="superseded", hours=2.0, **more):
    return Release(id, status=status, served_seconds=hours * 3600, artifact=f"content-{id}", **more)


def test_the_newest_below_the_live_one_is_chosen():
    assert choose([release("3", "live"), release("2"), release("1")], "previous").to.id == "2"


@pytest.mark.parametrize(("bad", "code"), [
    (release("2", "failed"), "failed"),
    (release("2", "rolled-back-from"), "rolled-back-from"),
    (release("2", skip="bad-mark", skip_reason="BAD_RELEASE by ana"), "bad-mark"),
    (release("2", skip="artifact-gone"), "artifact-gone"),
    (release("2", skip="unfinished"), "unfinished"),
    (release("2", hours=0.1), "short-lived"),
    (Release("2", status="superseded", artifact="content-3", served_seconds=7200), "same-content"),
])  # fmt: skip
def test_a_bad_candidate_is_skipped_by_name_and_reason(bad, code):
    choice = choose([release("3", "live"), bad, release("1")], "previous")
    assert choice.to.id == "1"
    assert [(skip.release, skip.code) for skip in choice.skipped] == [("2", code)]
    assert choice.skipped[0].reason


def test_a_short_service_is_no_evidence_when_nothing_older_served_long():
    assert (
        choose(
            [release("3", "live"), release("2", hours=0.1), release("1", hours=0.2)], "previous"
        ).to.id
        == "2"
    )


def test_a_release_the_ledger_calls_good_is_not_short_lived():
    assert (
        choose(
            [release("3", "live"), release("2", "good", hours=0.1), release("1")], "previous"
        ).to.id
        == "2"
    )


def test_without_positive_evidence_the_pick_is_called_only_the_one_before_and_names_a_better_one():
    choice = choose(
        [release("3", "live"), Release("2", status="unknown"), release("1", "good")], "previous"
    )
    assert choice.to.id == "2"
    assert [finding.code for finding in choice.findings] == ["only-the-one-before"]
    assert "1" in choice.findings[0].fix


def test_releases_newer_than_the_live_one_are_never_previous():
    assert choose([release("4"), release("3", "live"), release("2")], "previous").to.id == "2"


def test_nothing_left_is_no_choice_and_every_reason_is_kept():
    choice = choose([release("2", "live"), release("1", "failed")], "previous")
    assert choice.to is None
    assert [skip.code for skip in choice.skipped] == ["failed"]


def test_a_named_release_wins_over_its_status_with_a_warning():
    choice = choose([release("3", "live"), release("2", "failed")], "2")
    assert choice.to.id == "2"
    assert [(finding.level, finding.code) for finding in choice.findings] == [("warning", "failed")]


def test_a_named_release_whose_artifact_is_gone_is_blocked():
    choice = choose([release("3", "live"), release("2", skip="artifact-gone")], "2")
    assert [(finding.level, finding.code) for finding in choice.findings] == [
        ("blocker", "artifact-gone")
    ]


def test_a_named_newer_release_is_noted_as_forward():
    assert [
        finding.code for finding in choose([release("3"), release("2", "live")], "3").findings
    ] == ["forward"]


@pytest.mark.parametrize("word", ["20", "v1.2.0", "abcdef1", "abcdef1234"])
def test_a_release_is_named_by_id_version_or_commit_prefix(word):
    history = [release("30", "live"), release("20", version="v1.2.0", commit="abcdef1234567890")]
    assert choose(history, word).to.id == "20"


@pytest.mark.parametrize("word", ["2", "v1.2", "abcdef", "v1.2.0 "])
def test_a_name_is_never_completed(word):
    with pytest.raises(Usage, match="not in the history"):
        choose(
            [release("30", "live"), release("20", version="v1.2.0", commit="abcdef1234567890")],
            word,
        )


def test_two_hits_are_asked_not_guessed():
    choice = choose(
        [release("3", "live"), release("2", version="v1"), release("1", version="v1")], "v1"
    )
    assert choice.to is None
    assert [option.id for option in choice.options] == ["2", "1"]


def test_service_time_is_read_from_the_releases_that_replaced_each_and_failed_ones_never_served():
    history = [
        Release("4", status="live", deployed_at="2026-11-24T12:00:00Z"),
        Release("3", status="failed", deployed_at="2026-11-24T11:00:00Z"),
        Release("2", deployed_at="2026-11-24T10:00:00Z"),
    ]
    assert [one.served_seconds for one in with_service(history)] == [None, 3600, 7200]


def test_what_can_be_reached_is_what_nothing_speaks_against_whatever_lies_between():
    rows = [
        release("5", "live"),
        release("4", "failed"),
        release("3"),
        release("2", skip="artifact-gone"),
        release("1"),
        release("0", guess=True),
    ]
    assert [each.id for each in reachable(rows)] == ["3", "1"]


def test_a_history_without_a_live_release_is_an_error():
    with pytest.raises(Usage, match="no live release"):
        live([release("1")])


def test_a_label_says_the_version_only_where_it_says_more():
    assert Release("7", version="v1").label == "7 (v1)"
    assert Release("v1", version="v1").label == "v1"


STATUSES = st.sampled_from(["good", "failed", "rolled-back-from", "superseded", "unknown"])


@given(
    st.lists(
        st.tuples(
            STATUSES,
            st.sampled_from([None, "artifact-gone", "bad-mark", "unfinished"]),
            st.floats(0, 100),
        ),
        max_size=8,
    )
)
def test_whatever_the_history_the_pick_carries_no_evidence_against_it(rows):
    history = [release("live", "live")] + [
        release(str(i), status, hours, skip=skip) for i, (status, skip, hours) in enumerate(rows)
    ]
    choice = choose(history, "previous")
    assert choice.to is None or (
        choice.to.skip is None and choice.to.status not in ("failed", "rolled-back-from", "live")
    )
    picked = (
        history.index(next(r for r in history if choice.to and r.id == choice.to.id))
        if choice.to
        else len(history)
    )
    assert [skip.release for skip in choice.skipped] == [r.id for r in history[1:picked]]


def test_what_serves_the_same_as_live_is_skipped_however_its_manifest_differs():
    history = [
        release("4", "live", serves="v3"),
        release("3", serves="v3"),
        release("2", serves="v2"),
    ]
    choice = choose(history, "previous")
    assert (choice.to.id, choice.skipped[0].code) == ("2", "same-content")


@pytest.mark.parametrize(("bad", "code"), [
    (release("3", "rolled-back-from", serves="v2"), "rolled-back-from"),
    (release("3", "failed", serves="v2"), "failed"),
    (release("3", skip="unhealthy-evidence", skip_reason="never ready", serves="v2"), "unhealthy-evidence"),
])  # fmt: skip
def test_what_serves_the_same_as_a_bad_release_is_no_better(bad, code):
    restarted = release("2", hours=0.5, serves="v2")
    choice = choose([release("4", "live"), bad, restarted, release("1", hours=0.5)], "previous")
    assert choice.to.id == "1"
    assert [(skip.release, skip.code) for skip in choice.skipped] == [("3", code), ("2", code)]


def test_long_service_speaks_for_content_that_failed_after_a_restart():
    failed = release("3", "failed", serves="v2")
    assert (
        choose([release("4", "live"), failed, release("2", serves="v2")], "previous").to.id == "2"
    )


def test_the_service_of_restarts_adds_up():
    history = [
        release("4", "live"),
        release("3", hours=0.1, serves="v2"),
        release("2", hours=48, serves="v2"),
        release("1", hours=2),
    ]
    choice = choose(history, "previous")
    assert (choice.to.id, choice.to.served_seconds, choice.findings) == ("3", 48.1 * 3600, ())


def test_pods_that_are_ready_now_are_evidence():
    choice = choose(
        [
            release("3", "live"),
            release("2", hours=0.1, proven="a pod of it is ready now"),
            release("1"),
        ],
        "previous",
    )
    assert (choice.to.id, choice.findings) == ("2", ())


def test_little_service_is_told_in_words_of_time():
    choice = choose([release("2", "live"), release("1", hours=0.5)], "previous")
    assert choice.findings[0].message.startswith("1 served only 30 minutes;")


def test_a_release_that_is_not_there_is_told_with_how_far_was_read():
    rows = [release("v300", "live"), *(release(f"v{number}") for number in range(299, 250, -1))]
    with pytest.raises(Usage, match="and 42 more, back to v251") as refused:
        choose(rows, "v5")
    assert "by hand" in refused.value.fix
