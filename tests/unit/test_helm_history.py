"""Helm's own records: which revision served, which was left, what the way there and back looks like."""

from __future__ import annotations

import pytest
from helm_records import history, kind, move, revision, secret, target

from rollback.errors import RollbackError
from rollback.flow import choose
from rollback.model import Release
from rollback.platforms import helm
from rollback.platforms.helm import storage
from rollback.platforms.helm.history import main_image
from rollback.platforms.helm.patience import seconds


def pick(found: list[Release]) -> tuple[str | None, list[tuple[str, str]]]:
    choice = choose.choose(found, "previous")
    return choice.to and choice.to.id, [(one.release, one.code) for one in choice.skipped]


FAILED = 'Upgrade "web" failed: context deadline exceeded'


def test_failed_and_unfinished_revisions_are_skipped_whatever_the_bare_command_takes() -> None:
    found = history(
        revision(1, "a"), revision(2, "b"), revision(3, "c", FAILED, "failed"), revision(4, "d", "Preparing upgrade", "pending-upgrade"),
        revision(5, "e", FAILED, "failed"),
    )  # fmt: skip
    assert pick(found) == ("2", [("4", "unfinished"), ("3", "failed")])
    assert helm.bare(found) == "4"


def test_an_install_that_failed_stays_failed_when_helm_calls_it_superseded() -> None:
    found = history(
        revision(1, "a", 'Release "web" failed: timed out'), revision(2, "b", status="deployed")
    )
    assert pick(found) == (None, [("1", "failed")])


def test_what_was_rolled_back_from_is_not_chosen_and_the_copy_of_what_serves_neither() -> None:
    found = history(
        revision(1, "a"),
        revision(2, "b"),
        revision(3, "c"),
        revision(4, "b", "Rollback to 2", "deployed"),
    )
    assert pick(found) == ("1", [("3", "rolled-back-from"), ("2", "same-content")])


def test_a_second_upgrade_after_a_rollback_goes_back_to_the_copy() -> None:
    found = history(
        revision(1, "a"),
        revision(2, "b"),
        revision(3, "a", "Rollback to 1"),
        revision(4, "d", status="deployed"),
    )
    assert pick(found) == ("3", [])


def test_a_rollback_that_was_taken_back_speaks_against_nothing() -> None:
    found = history(
        revision(1, "a"),
        revision(2, "b"),
        revision(3, "a", "Rollback to 1"),
        revision(4, "b", "Rollback to 2"),
        revision(5, "e", status="deployed"),
    )
    assert pick(found) == ("4", [])
    assert [one.status for one in found[1:]] == ["superseded"] * 4


def test_the_same_content_deployed_again_after_it_was_left_stands_for_itself() -> None:
    found = history(
        revision(1, "a"), revision(2, "b"), revision(3, "a", "Rollback to 1"), revision(4, "b"), revision(5, "e", status="deployed")
    )  # fmt: skip
    assert pick(found)[0] == "4"


def test_a_stuck_rollback_goes_on_to_where_it_was_going() -> None:
    """Its manifest is the target's already, its objects are not."""
    found = history(
        revision(1, "a"),
        revision(2, "b", status="deployed"),
        revision(3, "a", "Rollback to 1", "pending-rollback"),
    )
    assert pick(found) == ("1", [("2", "rolled-back-from")])


@pytest.mark.parametrize(
    ("text", "image"),
    [
        ("  image: reg:5000/team/web:v7\n  image: sidecar:1\n", "reg:5000/team/web:v7"), ("  - image: 'nginx:1.27'\n", "nginx:1.27"),
        ("  image: a:1\n  image: b:2\n", None), ("", None),
    ],
)  # fmt: skip
def test_the_version_is_that_of_the_image_called_like_the_release_else_of_the_only_one(
    text: str, image: str | None
) -> None:
    assert main_image(text, ("web", "shop")) == image


def test_the_change_names_its_revision_and_no_value_of_a_manifest() -> None:
    now, then = (
        revision(number, kind("Secret", stringData={"token": f"hunter{number}"}))
        for number in (2, 1)
    )
    one = move(now, then)
    (step,) = helm.steps([one])
    assert step.do.argv[0] == "roll_back" and step.do.argv[9:] == (
        "1",
        "--wait",
        "--wait-for-jobs",
        "--timeout=40s",
        "--history-max=0",
    )
    assert step.undo is not None and "--wait" not in step.undo.do.argv, (
        "what was live may have been unhealthy"
    )
    assert "hunter" not in str(step) + str(helm.guards([one])) + str(helm.snapshot([one], None))  # type: ignore[arg-type]


def test_of_a_manifest_a_copy_without_env_values_is_kept_or_when_asked_only_names() -> None:
    container = {
        "name": "web",
        "args": ["--key=hunter2"],
        "env": [{"name": "KEY", "value": "hunter1"}],
    }
    pods = {"template": {"spec": {"containers": [container]}}}
    content = kind("ConfigMap", data={"key": "hunter3"}) + kind(
        "Deployment", "web", "apps/v1", spec=pods
    )
    kept = str(helm.snapshot([move(revision(2, content), revision(1, content))], None))  # type: ignore[arg-type]
    assert ("hunter1" in kept, "hunter2" in kept, "hunter3" in kept) == (False, True, True)
    asked = move(revision(2, content), revision(1, content), options=["no-inline-values"])
    names = str(helm.snapshot([asked], None))  # type: ignore[arg-type]
    assert ("hunter" in names, '["ConfigMap/a","Deployment/web"]' in names) == (False, True)


def test_helm_4_overwrites_what_was_changed_by_hand_as_helm_3_does() -> None:
    one = move(revision(2, "b"), revision(1, "a", apply_method="ssa"), helm="v4.0.1")
    assert "--force-conflicts" in helm.steps([one])[0].do.argv
    assert (
        "--force-conflicts"
        not in helm.steps([move(revision(2, "b"), revision(1, "a"), helm="v4.0.1")])[0].do.argv
    ), "Helm refuses it there"


def test_what_helm_may_leave_behind_is_a_step_of_its_own() -> None:
    keep = {"annotations": {"helm.sh/resource-policy": "keep"}}
    now = (
        kind("ConfigMap")
        + kind("ConfigMap", "b")
        + kind("ConfigMap", "c", metadata=keep)
        + kind("PersistentVolumeClaim")
        + kind("Thing", version="x.example/v1")
    )
    _, step = helm.steps([move(revision(2, now), revision(1, kind("ConfigMap")))])
    assert step.do.argv == ("delete_leftovers", "test", "shop", "web", "configmap/b", "configmap/b")
    assert step.proof is not None and step.proof.expect == ""


@pytest.mark.parametrize(
    ("manifest", "expected"),
    [
        (kind("Deployment", version="apps/v1", spec={"progressDeadlineSeconds": 90}), 100), (kind("ConfigMap"), 40),
        (kind("Deployment", version="apps/v1", spec={}), 310), (kind("Job", version="batch/v1", spec={}), 310), (": not yaml\n- [", 300),
    ],
)  # fmt: skip
def test_a_rollback_may_take_as_long_as_its_own_deployments_say(
    manifest: str, expected: int
) -> None:
    assert seconds(revision(1, manifest), "shop") == expected


def test_what_helm_stored_is_read_and_what_is_no_release_is_told() -> None:
    one = storage._decoded(secret(revision(7, "a", status="deployed")))
    assert (one.number, one.status, one.deployed_at, one.manifest) == (
        7,
        "deployed",
        "2020-11-20T09:00:00Z",
        "# a\n",
    )
    for data in ({}, {"release": "bm8="}, {"release": "H4sI"}):
        with pytest.raises(RollbackError) as caught:
            storage._decoded({"metadata": {"name": "x"}, "data": data})
        assert (caught.value.code, caught.value.exit_code) == ("helm-storage", 12)


def test_a_release_moves_as_one() -> None:
    found = history(revision(1, "a"), revision(2, "b", status="deployed"))
    assert [one.to.id for one in helm.moves(target(), found[0], found[1])] == ["1"]
