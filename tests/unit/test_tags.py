"""Image tags: a release under the same moving tag as the live one brings no other bytes back."""

import pytest
from msgspec.structs import replace

from rollback.flow.choose import choose
from rollback.model import Release
from rollback.model.image import is_moving

A, B = "reg/shop@sha256:" + "a" * 64, "reg/shop@sha256:" + "b" * 64


def release(id, image="reg/shop:live", ran="", status="superseded", **more):
    digests = {"web": ran} if ran else {}
    return Release(
        id,
        status=status,
        served_seconds=7200,
        serves=f"settings {id}",
        images={"web": image},
        digests=digests,
        **more,
    )


@pytest.mark.parametrize(("image", "moving"), [
    ("shop", True), ("reg:5000/shop", True), ("shop:latest", True), ("shop:live", True),
    ("reg:5000/shop:main", True), ("shop:v1", False), ("shop:1.2.3", False),
    ("shop:abcdefa", False), ("shop:2026-11-24", False), (A, False),
    ("shop:live@sha256:" + "a" * 64, False),
])  # fmt: skip
def test_a_tag_without_a_version_is_a_moving_one(image, moving):
    assert is_moving(image) is moving


def test_previous_skips_what_names_the_same_moving_tag_as_live():
    history = [release("3", status="live"), release("2"), release("1", "reg/shop:v1")]
    choice = choose(history, "previous")
    assert choice.to.id == "1"
    assert [(skip.code, skip.reason) for skip in choice.skipped] == [
        ("same-content", "same tag as live, reg/shop:live: only settings differ")
    ]


def test_a_version_tag_that_both_name_is_a_candidate_for_its_settings():
    history = [release("3", "reg/shop:v1", status="live"), release("2", "reg/shop:v1")]
    assert choose(history, "previous").to.id == "2"


def test_beside_an_image_with_a_version_the_settings_may_be_the_release():
    images = {"web": "reg/shop:v1", "proxy": "reg/proxy:live"}
    history = [
        replace(release("3", status="live"), images=images),
        replace(release("2"), images=images),
    ]
    assert choose(history, "previous").to.id == "2"


def test_an_image_by_its_digest_is_no_version_that_a_tag_could_hide_behind():
    images = {"web": "reg/shop:live", "proxy": A}
    history = [
        replace(release("3", status="live"), images=images),
        replace(release("2"), images=images),
    ]
    assert choose(history, "previous").to is None


def test_with_known_bytes_that_are_the_same_the_settings_are_the_difference():
    choice = choose([release("3", ran=A, status="live"), release("2", ran=A)], "previous")
    assert (choice.to.id, choice.findings) == ("2", ())


def test_known_other_bytes_under_the_same_tag_are_named():
    choice = choose([release("3", ran=B, status="live"), release("2", ran=A)], "previous")
    assert choice.to is None
    assert "which was sha256:aaaaaaaaaaaa then" in choice.skipped[0].reason


def test_a_named_release_whose_tag_has_moved_says_how_to_get_its_bytes():
    history = [release("3", "reg/shop:v1", B, "live"), release("2", "reg/shop:v1", A)]
    (finding,) = choose(history, "2").findings
    assert (finding.level, finding.code) == ("warning", "tag-moved")
    assert finding.fix.endswith(A)


def test_digests_of_different_kinds_are_not_compared():
    never_pulled = "sha256:" + "a" * 64
    history = [
        release("3", "reg/shop:v1", B, "live"),
        release("2", "reg/shop:v1", never_pulled),
    ]
    assert choose(history, "2").findings == ()
