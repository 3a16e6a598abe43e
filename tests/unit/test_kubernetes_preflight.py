"""What a cluster's answers mean before anything is touched: versions, the lock, owners above owners, what has to be suspended."""

from __future__ import annotations

from typing import Any

import pytest
from cluster_moves import move, target, with_details

from rollback.errors import Unreadable
from rollback.model import Command, Step
from rollback.platforms._cluster import lease, owner_marks, owners, suspend
from rollback.platforms._cluster.preflight import quota
from rollback.platforms.kubernetes.details import change, facts, of
from rollback.platforms.kubernetes.preflight import references, skew
from rollback.shell import Answer


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
    steps = [Step("app.web.switch", "Roll back", Command(("kubectl",)), deadline=400)]
    moves, details = [move()], [of(target())]
    (lock,) = lease.locks(moves, details, steps)
    assert lock.id == "app.lease"
    run = lock.release.argv[1:]
    assert run[:5] == ("--context", "test", "--namespace", "shop", "--mark")
    held = ("--seconds", "581", "--names", "rollback-web")
    assert lock.take.argv == ("take_leases", *run, *held), "a plan releases what it took"
    assert run[-1] in lock.by_hand
    assert "5a17" not in str(lock), "the salt of secrets stays out of the cluster"
    assert lease.locks(moves, [of(target(options=("no-cluster-lock",)))], steps) == []
    assert lease.locks(moves, details, []) == [], "nothing changes, nobody is kept out"


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
    (found,) = owner_marks.owners(
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
    rows = suspend.suspensions(chain)
    assert [(row.name, row.before) for row in rows] == [
        ("root", {}),
        ("web", {"prune": True}),
    ]
    assert suspend.suspensions([link(argo("web"), {}), link(argo("far"), None)]) == []
    suspended = with_details(move(), suspend=tuple(rows))
    first, second = suspend.steps([suspended], [of(suspended.target)])
    assert (first.id, second.undo and second.undo.proof and second.undo.proof.expect) == (
        "app.suspend.application.argocd.root", 'Application {"prune":true}',
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
        list(
            owner_marks.owners(
                "deployment", {"labels": {"app.kubernetes.io/instance": "shop"}}, "shop"
            )
        )
        == []
    )


def test_what_flux_was_told_to_leave_alone_has_no_owner() -> None:
    labels = {f"kustomize.toolkit.fluxcd.io/{key}": "apps" for key in ("name", "namespace")}
    (found,) = owner_marks.owners("deployment", {"labels": labels}, "shop")
    assert found.path == "/apis/kustomize.toolkit.fluxcd.io/v1/namespaces/apps/kustomizations/apps"
    annotations = {"kustomize.toolkit.fluxcd.io/reconcile": "disabled"}
    assert (
        list(
            owner_marks.owners("deployment", {"labels": labels, "annotations": annotations}, "shop")
        )
        == []
    )


def test_nodes_that_take_no_new_pods_are_told() -> None:
    nodes = {"items": [{"metadata": {"name": f"node-{number}"}} for number in range(5)]}
    (note,) = quota.findings([], [None, None, None, None, nodes])
    assert (note.code, "5 node(s)" in note.message, "node-4" in note.message) == (
        "nodes-cordoned",
        True,
        False,
    )


def test_secret_for_pulling_that_is_gone_is_a_warning_and_one_for_a_variable_blocks() -> None:
    given = move()
    after = facts(given.to).revision.template
    after["spec"]["imagePullSecrets"] = [{"name": "registry"}]
    after["spec"]["containers"][0]["envFrom"] = [{"secretRef": {"name": "keys"}}]
    answer = Answer((0, "ServiceAccount/default||\n", ""))
    found = references.findings([change(given)], answer)
    assert [(each.level, each.code) for each in found] == [
        ("blocker", "reference-missing"),
        ("warning", "pull-secret-missing"),
    ]
