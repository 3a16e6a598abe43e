"""What a cluster's answers mean before anything is touched: versions, the lock, owners above owners, what has to be suspended."""

from __future__ import annotations

from typing import Any

import pytest

from rollback.errors import Unreadable
from rollback.model import Command, Move, Release, Step, Target
from rollback.platforms.kubernetes import lease, owners, suspend
from rollback.platforms.kubernetes.preflight import room, skew

PLACE = {
    "context": "test",
    "namespace": "shop",
    "salt": "5a17",
    "application": "web",
    "kind": "deployment",
    "name": "web",
    "options": [],
}


def move(**details: Any) -> Move:
    return Move(
        Target("staging", "kubernetes", "web", "uid/shop", False, {**PLACE, **details}),
        Release("2"),
        Release("1"),
    )


def client(version: str) -> dict[str, Any]:
    return {"clientVersion": {"major": "1", "minor": "", "gitVersion": version}}


@pytest.mark.parametrize(("mine", "theirs", "codes"), [
    ("v1.34.4", "v1.34.4", []), ("v1.33.0", "v1.34.4-eks-1", []), ("v1.29.3-gke.10", "v1.34.4", ["kubectl-skew"]),
    ("v1.34.4", "", []), ("", "v1.34.4", []),
])  # fmt: skip
def test_versions_more_than_one_apart_are_told(mine: str, theirs: str, codes: list[str]) -> None:
    assert [one.code for one in skew.findings(client(mine), {"gitVersion": theirs})] == codes


def test_a_kubectl_that_cannot_do_it_is_an_error_of_its_own() -> None:
    with pytest.raises(Unreadable) as caught:
        list(skew.findings(client("v1.19.16"), {"gitVersion": "v1.20.0"}))
    assert (caught.value.code, caught.value.exit_code) == ("kubectl-too-old", 12)


@pytest.mark.parametrize(
    ("app", "name"), [("web", "rollback-web"), ("my.shop-2", "rollback-my.shop-2")]
)
def test_the_lock_is_called_like_the_application(app: str, name: str) -> None:
    assert lease.name(app) == name


def test_applications_that_no_object_can_be_called_like_have_locks_of_their_own() -> None:
    names = {lease.name(app) for app in ("Shop_A", "shop-a", "Shop A", "店", "x" * 300)}
    assert len(names) == 5 and all(
        len(name) < 254 and name == name.lower() and "_" not in name and " " not in name
        for name in names
    )


def test_the_lock_lasts_as_long_as_the_steps_may_and_can_be_left_out() -> None:
    steps = [Step("deployment.web", "Roll back", Command(("kubectl",)), deadline=400)]
    take, _, free = lease.around([move()], steps)
    assert (
        take.do.argv[:4] == ("take_leases", "test", "shop", "581")
        and take.do.argv[-1] == "rollback-web"
    )
    assert take.do.argv[4] == free.do.argv[-1], "what was taken by this plan is given back by it"
    assert "5a17" not in str(take), "the salt of secrets stays out of the cluster"
    assert lease.around([move(options=["no-cluster-lock"])], steps) == steps


def link(
    owner: owners.Owner, spec: dict[str, Any] | None, below: str = "deployment/web"
) -> owners.Link:
    found = (
        None
        if spec is None
        else {"kind": "Application", "metadata": {"annotations": {}}, "spec": spec}
    )
    return owners.Link("deployment/web", below, owner, found)


def argo(name: str) -> owners.Owner:
    (found,) = owners.marks(
        "deployment", {"annotations": {"argocd.argoproj.io/tracking-id": f"{name}:x"}}, "shop"
    )
    return found


def test_the_owner_of_the_owner_is_suspended_first_and_what_is_suspended_already_is_left_alone() -> (
    None
):
    chain = [
        link(argo("web"), {"syncPolicy": {"automated": {"prune": True}}}),
        link(argo("root"), {"syncPolicy": {"automated": {}}}, "web"),
    ]
    rows = suspend.to_do(chain)
    assert [(row["name"], row["before"]) for row in rows] == [
        ("root", {}),
        ("web", {"prune": True}),
    ]
    assert suspend.to_do([link(argo("web"), {}), link(argo("far"), None)]) == []
    first, second = suspend.steps([move(suspend=rows)])
    assert (first.id, second.undo and second.undo.proof and second.undo.proof.expect) == (
        "suspend.application.argocd.root", 'Application {"prune":true}',
    )  # fmt: skip
    assert (
        second.undo
        and second.undo.do.argv[-1] == '{"spec": {"syncPolicy": {"automated": {"prune": true}}}}'
    ), "an empty syncPolicy is taken away"


@pytest.mark.parametrize(("spec", "suspended"), [
    ({"syncPolicy": {"automated": {}}}, False), ({"syncPolicy": {"automated": {"enabled": False}}}, True), ({}, True), (None, False),
])  # fmt: skip
def test_an_application_is_suspended_when_nothing_syncs_by_itself(
    spec: dict[str, Any] | None, suspended: bool
) -> None:
    assert link(argo("web"), spec).suspended is suspended


def test_an_instance_label_alone_is_no_owner() -> None:
    assert (
        list(owners.marks("deployment", {"labels": {"app.kubernetes.io/instance": "shop"}}, "shop"))
        == []
    )


def test_what_flux_was_told_to_leave_alone_has_no_owner() -> None:
    labels = {f"kustomize.toolkit.fluxcd.io/{key}": "apps" for key in ("name", "namespace")}
    (found,) = owners.marks("deployment", {"labels": labels}, "shop")
    assert found.path == "/apis/kustomize.toolkit.fluxcd.io/v1/namespaces/apps/kustomizations/apps"
    annotations = {"kustomize.toolkit.fluxcd.io/reconcile": "disabled"}
    assert (
        list(owners.marks("deployment", {"labels": labels, "annotations": annotations}, "shop"))
        == []
    )


def test_nodes_that_take_no_new_pods_are_told() -> None:
    nodes = {"items": [{"metadata": {"name": f"node-{number}"}} for number in range(5)]}
    (note,) = room.findings([], [None, None, None, nodes])
    assert (note.code, "5 node(s)" in note.message, "node-4" in note.message) == (
        "nodes-cordoned",
        True,
        False,
    )
