"""Rollbacks that Helm certainly fails at, or calls a success although something else lives: said before, or found right after."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from typing import Any

import yaml
from cluster import Namespace
from helm_shop import Helm, claim, config, web
from skill import Answer, Project
from test_helm_refusals import kind, volume

Releases = Callable[..., Project]


def stage(image: str, *values: str) -> dict[str, Any]:
    """The shop with the variable STAGE, once for each value."""
    return web(image, container={"env": [{"name": "STAGE", "value": one} for one in values]})


def blockers(plan: Answer) -> list[str]:
    return [one["code"] for one in plan["findings"] if one["level"] == "blocker"]


def test_a_claim_whose_volume_only_the_live_release_names_blocks(
    both: Helm, releases: Releases, space: Namespace
) -> None:
    """Helm sends null for the volume: it stops half-way."""
    disk = volume(f"v{space.name}")
    name = disk["metadata"]["name"]
    space.apply(disk)
    try:
        bound = claim("1Gi")
        bound["spec"]["volumeName"] = name
        both.deploy(claim("1Gi"))
        space("delete", "pvc", "data")
        both.deploy(bound)
        plan = releases(both).plan()
        assert "immutable" in blockers(plan) and "spec.volumeName" in plan.text
        both("rollback", "shop", "1", check=False)
        assert both.newest() == (3, "failed"), "or it need not be blocked"
    finally:
        space("delete", "pv", name, "--wait=false")


def test_an_account_that_helm_deletes_under_its_pods_blocks_until_they_have_another(
    helm: Helm, releases: Releases, space: Namespace
) -> None:
    account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "shopper"}}
    hired = web("v2")
    hired["spec"]["template"]["spec"]["serviceAccountName"] = "shopper"
    helm.deploy(web("v1"))
    helm.deploy(hired, account)
    space.settled("deployment/web")
    project = releases(helm)
    plan = project.plan()
    assert blockers(plan) == ["service-account-gone"]
    pods = {"spec": {"serviceAccountName": "default", "serviceAccount": "default"}}
    patch = yaml.safe_dump({"spec": {"template": pods}})
    space("patch", "deployment/web", "--patch", patch)
    plan = project.plan()
    assert (plan["verdict"], project.execute(plan).exit) == ("ready", 0)
    assert space.serving() == {"v1"}


def test_a_kind_of_the_live_release_that_is_gone_blocks_and_stops_the_script_before_helm(
    helm4: Helm, releases: Releases, space: Namespace
) -> None:
    """Helm would stop in pending-rollback, and its way back stops there too."""
    name = f"c{space.name.replace('-', '')}"
    space.apply(kind(name), kind(f"{name}x"))  # which keeps the API version served
    space.served(f"{name}s.shop.example")
    try:
        helm4.deploy(config(a="1"))
        made = {"apiVersion": "shop.example/v1", "kind": name.title(), "metadata": {"name": "one"}}
        helm4.deploy(config(a="2"), made)
        project = releases(helm4)
        home = helm4.bin.parent / "home"  # kubectl and helm remember in there what is served
        project.environment["HOME"] = str(home)
        before = project.plan()
        space("delete", "crd", f"{name}s.shop.example")
        shutil.rmtree(home)
        assert blockers(project.plan()) == ["kind-gone"]
        stopped = project.execute(before)
        assert (stopped.exit, helm4.newest()) == (5, (2, "deployed")), stopped.text
    finally:
        space(
            "delete", "crd", f"{name}s.shop.example", f"{name}xs.shop.example", "--ignore-not-found"
        )


def test_what_helm_drops_from_a_list_that_names_it_twice_blocks(
    helm: Helm, releases: Releases, space: Namespace
) -> None:
    """Helm 3 calls the lost variable a success, and stops half-way over the port."""
    helm.deploy(stage("v1", "prod"), service("TCP"))
    helm.deploy(stage("v2", "a", "b"), service("TCP", "UDP"))
    plan = releases(helm).plan()
    assert blockers(plan) == ["duplicate-entry"]
    assert "containers[web].env[STAGE]" in plan.text and "Service/web ports[80]" in plan.text
    helm("rollback", "shop", "1", check=False)
    helm("rollback", "shop", "1")
    named = "jsonpath={.spec.template.spec.containers[0].env[0].value}"
    assert space("get", "deployment/web", "-o", named) == "prod", "as the fix says"


def test_what_is_not_live_although_helm_says_so_is_named_by_its_path(
    helm: Helm, releases: Releases, space: Namespace
) -> None:
    helm.deploy(stage("v1", "secret-1"), wait=True)
    helm.deploy(stage("v2", "secret-2"), wait=True)
    project = releases(helm)
    plan = project.plan()
    assert project.execute(plan).exit == 0
    space("set", "env", "deployment/web", "STAGE-")
    space.settled("deployment/web")
    looked = project.run("health", "--run", plan["run"])
    assert (looked.exit, "secret" in looked.text) == (7, False)
    assert "Deployment/web spec.template.spec.containers[web].env" in looked.text


def service(*protocols: str, **more: Any) -> dict[str, Any]:
    ports = [
        {"name": one.lower(), "port": 80, "protocol": one, "targetPort": 8080} for one in protocols
    ]
    spec = {"selector": {"app": "web"}, "ports": ports, **more}
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"}, "spec": spec}


def test_a_balancer_that_never_gets_an_address_and_a_scaled_release_are_no_obstacle(
    helm4: Helm, releases: Releases, space: Namespace
) -> None:
    """The live release only scaled the one before it, which never served."""
    balancer = service("TCP", type="LoadBalancer")
    helm4.deploy(web("v1"), balancer)
    space.settled("deployment/web")
    helm4.deploy(web("v3"), balancer)
    space.begun("v3")
    helm4.deploy({**web("v3"), "spec": {**web("v3")["spec"], "replicas": 2}}, balancer)
    project = releases(helm4)
    plan = project.plan()
    (move,) = plan["moves"]
    assert (move["to"]["id"], move["bare"]) == ("1", "2")
    done = project.execute(plan)
    assert (done.exit, done["outcome"]) == (0, "done"), done.text
    assert (helm4.newest(), space.serving()) == ((4, "deployed"), {"v1"})


def test_an_autoscaler_is_told_and_blocks_nothing(
    helm4: Helm, releases: Releases, space: Namespace
) -> None:
    """Helm 4 finds its fields in conflict with those of the chart."""
    helm4.deploy(web("v1"), wait=True)
    helm4.deploy(web("v2"), wait=True)
    scale = {"scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}}
    scaler = {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": "grow"},
    }
    space.apply({**scaler, "spec": {**scale, "minReplicas": 2, "maxReplicas": 3}})
    as_scaler = ("--subresource=scale", "--field-manager=kube-controller-manager")
    space(
        "patch",
        "deployment/web",
        *as_scaler,
        "--patch",
        '{"spec": {"replicas": 2}}',
        "--type=merge",
    )
    project = releases(helm4)
    plan = project.plan()
    told = [one["message"] for one in plan["findings"] if one["code"] == "autoscaler"]
    assert (plan["verdict"], "holds 2 pods now: the rollback sets 1" in str(told)) == (
        "ready",
        True,
    )
    assert project.execute(plan).exit == 0
