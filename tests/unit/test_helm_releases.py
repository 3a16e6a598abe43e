"""Helm's own records: which revisions are candidates, and what the rollback and its undo run."""

from __future__ import annotations

from typing import Any

import pytest
from helm_records import history, kind, move, named, revision, secret, target

from rollback.errors import RollbackError
from rollback.flow import choose
from rollback.model import Release
from rollback.platforms import helm
from rollback.platforms._cluster.pods import digests as of_pods
from rollback.platforms.helm import storage, timeouts
from rollback.platforms.helm.evidence import digests
from rollback.platforms.helm.releases import images, main_image


def pick(found: list[Release]) -> tuple[str | None, list[tuple[str, str]]]:
    choice = choose.choose(found, "previous")
    return choice.to and choice.to.id, [(one.release, one.code) for one in choice.skipped]


FAILED = 'Upgrade "web" failed: context deadline exceeded'


def test_failed_and_unfinished_revisions_are_skipped_unlike_by_helm_itself() -> None:
    found = history(
        revision(1, "a"), revision(2, "b"), revision(3, "c", FAILED, "failed"), revision(4, "d", "Preparing upgrade", "pending-upgrade"),
        revision(5, "e", FAILED, "failed"),
    )  # fmt: skip
    assert pick(found) == ("2", [("4", "unfinished"), ("3", "failed")])
    assert helm.bare(found) == "4"


def test_failed_install_stays_failed_when_superseded() -> None:
    found = history(
        revision(1, "a", 'Release "web" failed: timed out'), revision(2, "b", status="deployed")
    )
    assert pick(found) == (None, [("1", "failed")])


def test_reverted_revisions_and_copies_of_the_live_one_are_skipped() -> None:
    found = history(
        revision(1, "a"),
        revision(2, "b"),
        revision(3, "c"),
        revision(4, "b", "Rollback to 2", "deployed"),
    )
    assert pick(found) == ("1", [("3", "rolled-back-from"), ("2", "same-content")])


def test_upgrade_after_a_rollback_returns_to_the_copy() -> None:
    found = history(
        revision(1, "a"),
        revision(2, "b"),
        revision(3, "a", "Rollback to 1"),
        revision(4, "d", status="deployed"),
    )
    assert pick(found) == ("3", [])


def test_undone_rollback_says_nothing_against_a_revision() -> None:
    found = history(
        revision(1, "a"),
        revision(2, "b"),
        revision(3, "a", "Rollback to 1"),
        revision(4, "b", "Rollback to 2"),
        revision(5, "e", status="deployed"),
    )
    assert pick(found) == ("4", [])
    assert [one.status for one in found[1:]] == ["superseded"] * 4


def test_reverted_content_that_was_deployed_again_is_a_candidate() -> None:
    found = history(
        revision(1, "a"), revision(2, "b"), revision(3, "a", "Rollback to 1"), revision(4, "b"), revision(5, "e", status="deployed")
    )  # fmt: skip
    assert pick(found)[0] == "4"


def test_stuck_rollback_continues_to_its_goal() -> None:
    """Its manifest is the target's already, its objects are not."""
    found = history(
        revision(1, "a"),
        revision(2, "b", status="deployed"),
        revision(3, "a", "Rollback to 1", "pending-rollback"),
    )
    assert pick(found) == ("1", [("2", "rolled-back-from")])


def shop(image: str = "x:1", replicas: int = 2, chart: str = "1.0.0", setting: str = "a") -> str:
    """A Deployment, the configuration that it mounts, and some that it does not."""
    container = {"name": "app", "image": image, "envFrom": [{"configMapRef": {"name": "settings"}}]}
    labels = {"app": "web", "helm.sh/chart": f"shop-{chart}"}
    pods = {"metadata": {"labels": labels}, "spec": {"containers": [container]}}
    # the image stands on a line of its own, as charts write it
    workload = kind("Deployment", "web", "apps/v1", spec={"replicas": replicas, "template": pods})
    return (
        f"image: {image}\n"
        + workload
        + kind("ConfigMap", "settings", data={"setting": setting})
        + kind("ConfigMap", "info", data={"chart": chart})
    )


def test_what_serves_the_same_as_the_live_release_is_skipped_whatever_else_differs() -> None:
    found = history(
        revision(1, shop("x:1")),
        revision(2, shop("x:2", replicas=2)),
        revision(3, shop("x:2", replicas=3)),
        revision(4, shop("x:2", replicas=5, chart="1.1.0"), status="deployed"),
    )
    assert pick(found) == ("1", [("3", "same-content"), ("2", "same-content")])


def test_mounted_configuration_is_a_difference() -> None:
    found = history(
        revision(1, shop(setting="a")), revision(2, shop(setting="b"), status="deployed")
    )
    assert pick(found) == ("1", [])


def test_a_failed_upgrade_to_the_same_pods_is_worth_rolling_back() -> None:
    found = history(revision(1, shop(replicas=2)), revision(2, shop(replicas=5), status="failed"))
    assert pick(found) == ("1", [])


def test_what_serves_the_same_as_a_reverted_revision_is_skipped_too() -> None:
    found = history(
        revision(1, shop("x:1")),
        revision(2, shop("x:2", replicas=2)),
        revision(3, shop("x:2", replicas=4)),
        revision(4, shop("x:1"), "Rollback to 1", "deployed"),
    )
    assert pick(found) == (
        None,
        [("3", "rolled-back-from"), ("2", "rolled-back-from"), ("1", "same-content")],
    )


@pytest.mark.parametrize(
    ("text", "image"),
    [
        ("  image: reg:5000/team/web:v7\n  image: sidecar:1\n", "reg:5000/team/web:v7"), ("  - image: 'nginx:1.27'\n", "nginx:1.27"),
        ("  image: a:1\n  image: b:2\n", None), ("", None),
    ],
)  # fmt: skip
def test_version_is_that_of_the_image_called_like_the_release_else_of_the_only_one(
    text: str, image: str | None
) -> None:
    assert main_image(text, ("web", "shop")) == image


def test_a_chart_under_the_same_moving_tag_brings_nothing_back() -> None:
    found = history(
        revision(1, shop("x:1")),
        revision(2, shop("x:live")),
        revision(3, shop("x:live", setting="b")),
    )
    assert pick(found) == ("1", [("2", "same-content")])


def test_every_image_is_kept_by_its_repository() -> None:
    text = "image: reg:5000/team/web:v7\nimage: web:v8\nimage: redis:7\nimage: redis:7\n"
    assert images(text) == {"web": "reg:5000/team/web:v7", "web:v8": "web:v8", "redis": "redis:7"}


def test_what_pods_run_is_known_by_image_and_unknown_where_they_disagree() -> None:
    def pod(*ran: str) -> dict[str, Any]:
        names = ("app", "proxy")
        asked = [{"name": name, "image": f"{name}:live"} for name in names]
        pairs = zip(names, ran, strict=True)
        states = [
            {"name": name, "imageID": f"docker.io/{name}@sha256:{digest}"} for name, digest in pairs
        ]
        return {"spec": {"containers": asked}, "status": {"containerStatuses": states}}

    known = {"app": "app:live", "proxy": "proxy:live", "job": "job:1"}
    assert digests([pod("1", "2"), pod("1", "3")], known) == {"app": "app@sha256:1"}


def test_a_node_that_names_a_mirror_runs_the_same_bytes() -> None:
    def pod(image: str) -> dict[str, Any]:
        asked = [{"name": "web", "image": "reg.example:5000/shop/web:live"}]
        states = [{"name": "web", "imageID": f"{image}@sha256:1"}]
        return {"spec": {"containers": asked}, "status": {"containerStatuses": states}}

    pods = [pod("mirror.local/web"), pod("docker-pullable://reg.example:5000/shop/web")]
    same = "reg.example:5000/shop/web@sha256:1"
    assert digests(pods, {"web": "reg.example:5000/shop/web:live"}) == {"web": same}
    assert of_pods(pods) == {"web": same}


def test_steps_name_the_revision_and_no_value_of_a_manifest() -> None:
    now, then = (
        revision(number, kind("Secret", stringData={"token": f"hunter{number}"}))
        for number in (2, 1)
    )
    one = move(now, then)
    (step,) = helm.steps([one])
    assert step.id == "app.web.rollback" and step.moves == ("app.web",)
    options = named(step.do)
    assert step.do.argv[0] == "roll_back" and (options["release"], options["revision"]) == (
        "web",
        "1",
    )
    assert options["options"] == "--timeout=40s --history-max=0"
    assert step.undo is not None
    undo = named(step.undo.do)["options"]
    assert undo == "--timeout=40s --history-max=0", "what was live may have been unhealthy"
    assert "hunter" not in str(step) + str(helm.guards([one])) + str(helm.snapshot([one], None))  # type: ignore[arg-type]


def test_snapshot_masks_variables_or_keeps_only_names() -> None:
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
    asked = move(revision(2, content), revision(1, content), options=("no-inline-values",))
    names = str(helm.snapshot([asked], None))  # type: ignore[arg-type]
    assert ("hunter" in names, '["ConfigMap/a","Deployment/web"]' in names) == (False, True)


def test_helm_4_overwrites_edits_as_helm_3_does() -> None:
    one = move(revision(2, "b"), revision(1, "a", apply_method="ssa"), helm="v4.0.1")
    assert "--force-conflicts" in named(helm.steps([one])[0].do)["options"]
    other = move(revision(2, "b"), revision(1, "a"), helm="v4.0.1")
    assert "--force-conflicts" not in named(helm.steps([other])[0].do)["options"], "Helm refuses it"


def test_objects_that_helm_may_forget_are_deleted_by_a_step() -> None:
    keep = {"annotations": {"helm.sh/resource-policy": "keep"}}
    now = (
        kind("ConfigMap")
        + kind("ConfigMap", "b")
        + kind("ConfigMap", "c", metadata=keep)
        + kind("PersistentVolumeClaim")
        + kind("Thing", version="x.example/v1")
    )
    _, step = helm.steps([move(revision(2, now), revision(1, kind("ConfigMap")))])
    assert step.do.argv[0] == "delete_orphans"
    assert named(step.do)["objects"] == "configmap/b configmap/b"
    assert step.proof is not None and step.proof.expect == ""


@pytest.mark.parametrize(
    ("manifest", "expected"),
    [
        (kind("Deployment", version="apps/v1", spec={"progressDeadlineSeconds": 90}), 100), (kind("ConfigMap"), 40),
        (kind("Deployment", version="apps/v1", spec={}), 310), (kind("Job", version="batch/v1", spec={}), 310), (": not yaml\n- [", 300),
    ],
)  # fmt: skip
def test_timeout_follows_the_progress_deadlines(manifest: str, expected: int) -> None:
    assert timeouts.of_helm(revision(1, manifest), "shop") == expected


def test_stored_revisions_are_decoded_or_refused() -> None:
    one = storage.decode(secret(revision(7, "a", status="deployed")))
    assert (one.number, one.status, one.deployed_at, one.manifest) == (
        7,
        "deployed",
        "2020-11-20T09:00:00Z",
        "# a\n",
    )
    for data in ({}, {"release": "bm8="}, {"release": "H4sI"}):
        with pytest.raises(RollbackError) as caught:
            storage.decode({"metadata": {"name": "x"}, "data": data})
        assert (caught.value.code, caught.value.exit_code) == ("helm-storage", 12)


def test_release_moves_as_one() -> None:
    found = history(revision(1, "a"), revision(2, "b", status="deployed"))
    assert [one.to.id for one in helm.moves(target(), found[0], found[1])] == ["1"]
