"""Kubernetes: which revision served, which one to leave out, and what the change looks like; from objects as the API answers them."""

from __future__ import annotations

from typing import Any

import pytest
from cluster_moves import SHOP, target

from rollback.errors import RollbackError
from rollback.flow import choose
from rollback.model import Command, Move, Release
from rollback.platforms import kubernetes
from rollback.platforms._cluster import content
from rollback.platforms._cluster.namespace import NamespaceState
from rollback.platforms._cluster.refusals import refusal
from rollback.platforms._cluster.workloads import Workload
from rollback.platforms.kubernetes import patches
from rollback.platforms.kubernetes.releases import of_workload
from rollback.shell import Answer


def template(image: str, **labels: str) -> dict[str, Any]:
    return {
        "metadata": {"labels": {"app": "web", **labels}},
        "spec": {"containers": [{"name": "web", "image": f"shop/web:{image}"}]},
    }


def deployment(image: str, name: str = "web", **labels: str) -> Workload:
    meta = {"name": name, "uid": f"uid-{name}", "generation": 1, "annotations": {"a": "b"}}
    return Workload(
        "deployment",
        {
            "metadata": meta,
            "spec": {"template": template(image, **labels), "selector": {}},
            "status": {},
        },
    )


def replicaset(
    number: int, image: str, created: str, name: str = "web", available: int = 0, **more: Any
) -> dict[str, Any]:
    annotations = {"deployment.kubernetes.io/revision": str(number), **more.pop("annotations", {})}
    meta = {
        "name": f"{name}-{image}", "uid": f"rs-{name}-{image}", "creationTimestamp": f"2026-11-20T{created}:00Z", "annotations": annotations,
        "labels": {"pod-template-hash": image}, "ownerReferences": [{"uid": f"uid-{name}", "controller": True}],
    }  # fmt: skip
    return {
        "metadata": meta,
        "spec": {"template": template(image, **{"pod-template-hash": image}, **more)},
        "status": {"availableReplicas": available},
    }


def releases(
    workload: Workload, *objects: dict[str, Any], events: tuple[dict[str, Any], ...] = ()
) -> list[Release]:
    state = NamespaceState({}, {workload.meta["uid"]: list(objects)}, {}, list(events))
    return of_workload(workload, state)


def pick(found: list[Release]) -> tuple[str | None, list[tuple[str, str]]]:
    choice = choose.choose(found, "previous")
    return choice.to and choice.to.id, [(one.release, one.code) for one in choice.skipped]


def test_a_revision_whose_rollout_never_completed_is_skipped() -> None:
    found = releases(
        deployment("v4"), replicaset(2, "v2", "10:00", available=2), replicaset(3, "v3", "12:00"), replicaset(4, "v4", "12:10"),
    )  # fmt: skip
    assert pick(found) == ("2", [("3", "unhealthy-evidence")])
    assert kubernetes.bare(found) == "3"


def test_older_content_with_a_newer_number_means_that_somebody_went_back() -> None:
    gone_back_to = replicaset(
        4, "v2", "11:00", annotations={"deployment.kubernetes.io/revision-history": "2"}
    )
    found = releases(
        deployment("v2"), replicaset(1, "v1", "09:00"), replicaset(3, "v3", "12:00"), gone_back_to
    )
    assert (found[0].id, found[0].status, found[0].aliases) == ("4", "live", ("2",))
    assert pick(found) == ("1", [("3", "rolled-back-from")])


def test_a_release_made_after_nothing_was_available_any_more_never_served() -> None:
    workload = deployment("v4")
    gone = {"type": "Available", "status": "False", "lastTransitionTime": "2026-11-20T12:00:00Z"}
    workload.raw["status"]["conditions"] = [gone]
    found = releases(
        workload,
        replicaset(2, "v2", "10:00"),
        replicaset(3, "v3", "12:05"),
        replicaset(4, "v4", "12:10"),
    )
    assert pick(found) == ("2", [("3", "unhealthy-evidence")])


def test_events_of_pods_that_are_gone_speak_against_their_revision() -> None:
    event = {
        "reason": "BackOff",
        "message": "Back-off restarting failed container",
        "involvedObject": {"kind": "Pod", "name": "web-v3-abcde"},
    }
    found = releases(
        deployment("v4"),
        replicaset(2, "v2", "10:00"),
        replicaset(3, "v3", "12:00"),
        replicaset(4, "v4", "12:10"),
        events=(event,),
    )
    assert pick(found) == ("2", [("3", "unhealthy-evidence")])


def test_a_refused_probe_alone_marks_nothing() -> None:
    """Good pods leave one while they are killed."""
    event = {
        "reason": "Unhealthy",
        "count": 9,
        "message": "connection refused",
        "involvedObject": {"kind": "Pod", "name": "web-v3-abcde"},
    }
    found = releases(
        deployment("v4"),
        replicaset(3, "v3", "12:00"),
        replicaset(4, "v4", "12:10"),
        events=(event,),
    )
    assert pick(found) == ("3", [])


def test_replicasets_of_another_owner_are_not_history() -> None:
    stray = replicaset(9, "v9", "13:00")
    stray["metadata"]["annotations"] = {}
    assert [one.id for one in releases(deployment("v2"), replicaset(2, "v2", "10:00"), stray)] == [
        "2"
    ]


def test_the_text_that_kubectl_prints_is_reproduced() -> None:
    assert (
        content.printed({"b": "<&>\u2028 ü\n", "a": [1, None, True]})
        == '{"a":[1,null,true],"b":"\\u003c\\u0026\\u003e\\u2028 ü\\n"}'
    )


@pytest.mark.parametrize(
    ("image", "version"),
    [
        ("shop:v1", "v1"),
        ("reg:5000/shop", None),
        ("reg:5000/shop:2@sha256:abcdef0123456789", "2"),
        ("s@sha256:0123456789abcdef", "0123456789ab"),
    ],
)
def test_the_version_is_the_tag_else_the_short_digest(image: str, version: str | None) -> None:
    assert content.tag(image) == version


def test_the_patch_tests_the_object_and_the_template_as_seen_and_its_undo_is_the_reverse() -> None:
    now, before = releases(
        deployment("v2"), replicaset(1, "v1", "10:00"), replicaset(2, "v2", "12:00")
    )
    move = Move(target(), now, before, "app.web")
    there = patches.forward(move)
    assert [(one["op"], one["path"]) for one in there[:3]] == [
        ("test", "/metadata/uid"),
        ("test", "/spec/template"),
        ("replace", "/spec/template"),
    ]
    assert (there[1]["value"], there[2]["value"]) == (template("v2"), template("v1"))
    back = patches.reverse(move)
    assert (back[1]["value"], back[2]["value"]) == (template("v1"), template("v2"))
    (step,) = kubernetes.steps([move])
    assert (step.id, step.moves) == ("app.web.switch", ("app.web",))
    assert step.do.argv[-2] == "state/app/deployment.web.patch.json"
    assert step.undo is not None and step.undo.do.argv[-2] == "state/app/deployment.web.undo.json"
    assert step.undo.title == "Roll deployment/web forward to revision 2 (v2) again"
    assert "shop/web" not in str(step) + str(kubernetes.guards([move])), (
        "a template's values stay out of the plan"
    )


@pytest.mark.parametrize(
    ("stderr", "code", "exit_code"),
    [
        ("error: You must be logged in to the server (Unauthorized)", "login", 12),
        (
            "The connection to the server 10.0.0.1:6443 was refused - did you specify the right host or port?",
            "unreachable",
            12,
        ),
        (
            "Unable to connect to the server: tls: failed to verify certificate: x509: certificate signed by unknown authority",
            "tls",
            12,
        ),
        ('error: context "nope" does not exist', "context-missing", 2),
        ("error: cannot locate context nope", "context-missing", 2),
        (
            'Error from server (Forbidden): pods is forbidden: User "a" cannot list resource "pods" in API group "" in the namespace "shop"',
            "forbidden",
            12,
        ),
    ],
)
def test_each_way_of_not_being_able_to_read_has_its_own_word(
    stderr: str, code: str, exit_code: int
) -> None:
    error: RollbackError = refusal(Command(("kubectl", "get")), Answer((1, "", stderr)), SHOP)
    assert (error.code, error.exit_code, bool(error.fix)) == (code, exit_code, True)


def pod(
    of: str, name: str, image: str = "", restarts: int = 0, ready: str = "True"
) -> dict[str, Any]:
    status = {
        "conditions": [{"type": "Ready", "status": ready}],
        "containerStatuses": [{"name": "web", "imageID": image, "restartCount": restarts}],
    }
    return {"metadata": {"name": name, "ownerReferences": [{"uid": of}]}, "status": status}


def with_pods(*pods: tuple[str, dict[str, Any]]) -> list[Release]:
    """Two releases, made within minutes; the pods are (uid of the ReplicaSet, pod)."""
    workload, owned = deployment("v3"), dict[str, list[Any]]()
    sets = [replicaset(2, "v2", "12:00", available=1), replicaset(3, "v3", "12:05", available=1)]
    for uid, raw in pods:
        owned.setdefault(uid, []).append(raw)
    return of_workload(workload, NamespaceState({}, {"uid-web": sets}, owned, []))


def test_pods_tell_what_their_image_is() -> None:
    live, older = with_pods(
        ("rs-web-v3", pod("rs-web-v3", "a", "docker-pullable://shop/web@sha256:b", ready="False")),
        ("rs-web-v2", pod("rs-web-v2", "b", "shop/web@sha256:a")),
        ("rs-web-v2", pod("rs-web-v2", "c", "", ready="False")),
    )
    assert live.digests == {"web": "shop/web@sha256:b"}
    assert older.digests == {"web": "shop/web@sha256:a"}


def test_pods_that_disagree_tell_nothing_of_their_image() -> None:
    live, _ = with_pods(
        ("rs-web-v3", pod("rs-web-v3", "a", "shop/web@sha256:a")),
        ("rs-web-v3", pod("rs-web-v3", "b", "shop/web@sha256:b")),
    )
    assert live.digests == {}


def test_pods_that_are_ready_without_a_restart_speak_for_their_revision() -> None:
    older = ("rs-web-v2", pod("rs-web-v2", "a"))
    assert with_pods(older)[1].proven == "a pod of it is ready now"
    assert with_pods(older, ("rs-web-v2", pod("rs-web-v2", "b", restarts=4)))[1].proven == ""
    assert with_pods(("rs-web-v2", pod("rs-web-v2", "a", ready="False")))[1].proven == ""


def test_a_reload_is_no_release_to_go_back_to() -> None:
    reloaded = replicaset(3, "v2-reloaded", "12:05")
    reloaded["spec"]["template"] = template("v2")
    reloaded["spec"]["template"]["spec"]["containers"][0]["env"] = [
        {"name": "STAKATER_LIMITS_CONFIGMAP", "value": "2f6b"}
    ]
    live = deployment("v2")
    live.raw["spec"]["template"]["spec"]["containers"][0]["env"] = [
        {"name": "STAKATER_LIMITS_CONFIGMAP", "value": "77aa"}
    ]
    newest = replicaset(4, "v2-again", "12:10")
    newest["spec"]["template"] = live.template
    found = releases(
        live, replicaset(1, "v1", "09:00"), replicaset(2, "v2", "10:00"), reloaded, newest
    )
    assert pick(found) == ("1", [("3", "same-content"), ("2", "same-content")])


def test_service_ends_where_no_pod_was_available_any_more() -> None:
    workload = deployment("v3")
    gone = {"type": "Available", "status": "False", "lastTransitionTime": "2026-11-20T11:00:00Z"}
    workload.raw["status"]["conditions"] = [gone]
    found = releases(workload, replicaset(2, "v2", "10:00"), replicaset(3, "v3", "13:00"))
    assert found[1].served_seconds == 3600
