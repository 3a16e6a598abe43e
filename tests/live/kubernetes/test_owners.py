"""Owners that would undo the undo, with their real kinds: named with the way around them, or suspended by the plan itself."""

from __future__ import annotations

import json
from collections.abc import Callable

import owners
import pytest
from cluster import Cluster, Namespace, shop
from helm_shop import Helm, web
from skill import Project

FLUX = "kustomize.toolkit.fluxcd.io"


@pytest.fixture(scope="module", autouse=True)
def kinds(cluster: Cluster) -> None:
    owners.install(cluster)


def mark(space: Namespace, name: str, labels: dict[str, str], annotations: dict[str, str]) -> None:
    space(
        "patch",
        "deployment",
        name,
        "-p",
        json.dumps({"metadata": {"labels": labels, "annotations": annotations}}),
    )


def test_every_owner_is_named_with_its_own_way_around(
    cluster: Cluster, space: Namespace, project: Project
) -> None:
    names = ("argo", "flux", "helm", "rolled", "flagged", "operated")
    space.apply(*(shop(name=name, replicas=1) for name in names))
    for name in names:
        space.settled(f"deployment/{name}")
    space("set", "image", "deployment", "--all", "web=localhost/shop:v2")
    space.apply(
        owners.application(space.name, "root", {}),
        owners.application(space.name, "argo", {"selfHeal": True}, "root"),
    )
    space.apply(
        owners.kustomization(space.name, "apps"),
        owners.rollout(space.name, "rolled"),
        owners.canary(space.name, "flagged"),
    )
    mark(
        space,
        "argo",
        {},
        {owners.TRACKING: owners.tracking(space.name, "argo", "apps/Deployment:x/argo")},
    )
    mark(space, "flux", {f"{FLUX}/name": "apps", f"{FLUX}/namespace": space.name}, {})
    mark(
        space,
        "helm",
        {"app.kubernetes.io/managed-by": "Helm"},
        {"meta.helm.sh/release-name": "shop", "meta.helm.sh/release-namespace": space.name},
    )
    reference = {"apiVersion": "v1", "kind": "ConfigMap", "name": "boss", "uid": "1"}
    reference["uid"] = json.loads(space("create", "configmap", "boss", "-o", "json"))["metadata"][
        "uid"
    ]
    space(
        "patch",
        "deployment",
        "operated",
        "-p",
        json.dumps({"metadata": {"ownerReferences": [reference]}}),
    )
    space.apply(owners.rollout(space.name, "alone"))
    project.configure(namespace=space.name, workloads=["alone"])
    assert (project.plan().exit, project.plan().error) == (6, "owner-argo-rollouts")
    project.configure(namespace=space.name, workloads=list(names))
    plan = project.plan()
    told = {one["code"]: one for one in plan["findings"] if one["level"] == "blocker"}
    assert set(told) == {
        "owner-argocd",
        "owner-flux-kustomization",
        "owner-helm",
        "owner-argo-rollouts",
        "owner-flagger",
        "owner-operator",
    }
    assert [one["message"] for one in plan["findings"] if one["code"] == "owner-argocd"] == [
        "deployment/argo belongs to Argo CD application argo, which would undo this rollback",
        "Argo CD application argo belongs to Argo CD application root, which would undo this rollback",
    ]
    assert (
        f"flux suspend kustomization apps -n {space.name}"
        in told["owner-flux-kustomization"]["fix"]
    )
    assert f"kubectl argo rollouts -n {space.name} undo rolled" in told["owner-argo-rollouts"][
        "fix"
    ].replace("abort rolled; after promotion: ", "")


@pytest.mark.parametrize("who", ["argo", "flux"])
def test_an_owner_is_suspended_stays_open_and_is_resumed_by_the_way_back(
    web: Namespace, project: Project, who: str
) -> None:
    web.deploy("web", "v2")
    if who == "argo":
        web.apply(
            owners.application(web.name, "root", {}),
            owners.application(web.name, "web", {"selfHeal": True}, "root"),
        )
        mark(
            web,
            "web",
            {},
            {owners.TRACKING: owners.tracking(web.name, "web", "apps/Deployment:x/web")},
        )
        kept, path, resumed = (
            ["application/root", "application/web"],
            "{.spec.syncPolicy.automated}",
            ["{}", '{"selfHeal":true}'],
        )
    else:
        web.apply(owners.kustomization(web.name, "web"))
        mark(web, "web", {f"{FLUX}/name": "web", f"{FLUX}/namespace": web.name}, {})
        kept, path, resumed = [f"kustomizations.{FLUX}/web"], "{.spec.suspend}", [""]

    def now() -> list[str]:
        return [web("get", one, "-o", f"jsonpath={path}") for one in kept]

    plan = project.plan("previous", "--suspend-owner")
    assert (plan["verdict"], len(plan["steps"])) == ("ready", 1 + len(kept))
    done = project.execute(plan)
    assert (done.exit, web.serving(), now()) == (0, {"v1"}, ["", ""] if who == "argo" else ["true"])
    told = [one for one in done["open"] if "is suspended: revert the commit in git" in one]
    assert len(told) == len(kept)
    assert [one for one in project.run("plan", "status")["open"] if one in told] == told
    if who == "argo":  # its controller takes away what is empty
        web(
            "patch",
            "application",
            "web",
            "--type=json",
            "-p",
            '[{"op": "remove", "path": "/spec/syncPolicy"}]',
        )
    back = project.restore(plan)
    assert (back.exit, web.image("deployment/web"), now()) == (0, "v2", resumed)
    assert not [one for one in project.run("plan", "status")["open"] if one in told]


def test_argo_cd_above_a_helm_release_blocks_until_it_is_suspended(
    helm: Helm, releases: Callable[..., Project], space: Namespace
) -> None:
    helm.deploy(web("v1"), wait=True)
    helm.deploy(web("v5"), wait=True)
    space.apply(owners.application(space.name, "web", {"prune": True}))
    mark(
        space,
        "web",
        {},
        {owners.TRACKING: owners.tracking(space.name, "web", "apps/Deployment:x/web")},
    )
    project = releases(helm)
    told = [one for one in project.plan()["findings"] if one["level"] == "blocker"]
    assert [one["code"] for one in told] == ["owner-argocd"]
    assert told[0]["fix"].startswith(
        "plan with --suspend-owner, or by hand: argocd app set web --sync-policy none; "
    )
    plan = project.plan("previous", "--suspend-owner")
    assert [step["id"] for step in plan["steps"] if ".suspend." in step["id"]] == [
        f"app.suspend.application.{space.name}.web"
    ]
    policy = ("get", "application", "web", "-o", "jsonpath={.spec.syncPolicy.automated}")
    assert (project.execute(plan).exit, space.image("deployment/web"), space(*policy)) == (
        0,
        "v1",
        "",
    )
    assert (project.restore(plan).exit, space.image("deployment/web"), space(*policy)) == (
        0,
        "v5",
        '{"prune":true}',
    )


def test_a_sync_under_way_is_told_since_suspending_does_not_stop_it(
    web: Namespace, project: Project
) -> None:
    web.deploy("web", "v2")
    state = {"phase": "Running", "startedAt": "2026-01-01T00:00:00Z", "operation": {}}
    web.apply(owners.application(web.name, "web", {}) | {"status": {"operationState": state}})
    mark(
        web, "web", {}, {owners.TRACKING: owners.tracking(web.name, "web", "apps/Deployment:x/web")}
    )
    assert "owner-busy" in project.plan("previous", "--suspend-owner").codes


def test_what_was_suspended_before_is_not_resumed_by_us(web: Namespace, project: Project) -> None:
    web.deploy("web", "v2")
    web.apply(owners.application(web.name, "web", None))
    mark(
        web, "web", {}, {owners.TRACKING: owners.tracking(web.name, "web", "apps/Deployment:x/web")}
    )
    plan = project.plan("previous", "--suspend-owner")
    assert (plan["verdict"], "owner-argocd-suspended" in plan.codes) == ("ready", True)
    assert [step["id"] for step in plan["steps"]] == ["app.web.switch"]
