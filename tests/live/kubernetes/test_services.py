"""Services that would lose their pods or a port by the rollback, and those that have lost them since."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from typing import Any

from cluster import Namespace, shop, wait_for
from helm_shop import Helm
from skill import Project


def versioned(version: str, port: dict[str, Any]) -> dict[str, Any]:
    """The shop with its version as a label of its pods."""
    workload = shop(image=version, replicas=1, container={"ports": [port]})
    workload["spec"]["template"]["metadata"]["labels"] |= {"version": version}
    return workload


def service(target: Any = 8080, **selector: str) -> dict[str, Any]:
    spec = {"selector": {"app": "web", **selector}, "ports": [{"port": 80, "targetPort": target}]}
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"}, "spec": spec}


def endpoints(space: Namespace) -> str:
    path = "jsonpath={.items[*].endpoints[*].conditions.ready}"
    return space("get", "endpointslices", "-l", "kubernetes.io/service-name=web", "-o", path)


def pasted(space: Namespace, plan: Any, code: str) -> None:
    """Run the command of a finding's fix, as a person would."""
    (fix,) = (finding["fix"] for finding in plan["findings"] if finding["code"] == code)
    command = shlex.split(fix.partition("; ")[0])
    assert command[:3] == ["kubectl", "-n", space.name]
    space(*command[3:])


def test_a_service_that_moved_on_blocks_and_afterwards_has_to_have_endpoints(
    space: Namespace, project: Project
) -> None:
    space.apply(versioned("v1", {"name": "http", "containerPort": 8080}))
    space.settled("deployment/web")
    space.apply(
        versioned("v2", {"name": "web", "containerPort": 8080}), service("web", version="v2")
    )
    space.settled("deployment/web")
    plan = project.plan()
    assert plan["verdict"] == "blocked" and {"service-selector", "service-port"} <= {*plan.codes}
    pasted(space, plan, "service-selector")
    pasted(space, plan, "service-port")
    wait_for(lambda: endpoints(space) == "true", "the live pod behind the patched Service")
    plan = project.plan()
    assert plan["verdict"] == "ready" and not {"service-selector", "service-port"} & {*plan.codes}
    assert project.execute(plan).exit == 0
    wait_for(lambda: endpoints(space) == "true", "only the pod of v1 behind the Service")
    space.apply(service(version="v2"))
    after = project.run("health", "--run", plan["run"])
    assert after.exit == 7 and "Service web selects version=v2" in after.text


def test_services_beside_a_chart_block_and_its_own_go_back_with_it(
    helm: Helm, releases: Callable[..., Project]
) -> None:
    space, port = helm.space, {"name": "http", "containerPort": 8080}
    for version in ("v1", "v2"):
        helm.deploy(versioned(version, port), service(version=version), wait=True)
    beside = {**service(version="v2"), "metadata": {"name": "beside"}}
    space.apply(beside)
    project = releases(helm)
    plan = project.plan()
    (finding,) = [one for one in plan["findings"] if one["code"] == "service-selector"]
    assert finding["level"] == "blocker" and "Service beside selects" in finding["message"]
    pasted(space, plan, "service-selector")
    plan = project.plan()
    assert plan["verdict"] == "ready" and project.execute(plan).exit == 0
    wait_for(lambda: endpoints(space) == "true", "the pod behind the chart's own Service")


def test_a_run_whose_service_loses_its_pods_ends_unhealthy(
    space: Namespace, project: Project
) -> None:
    """The Service moves on between plan and run: the pods are ready, and nobody reaches them."""
    port = {"name": "http", "containerPort": 8080}
    for version in ("v1", "v2"):
        space.apply(versioned(version, port), service())
        space.settled("deployment/web")
    plan = project.plan()
    assert plan["verdict"] == "ready"
    space.apply(service(version="v2"))
    done = project.execute(plan)
    assert (done.exit, done["outcome"], space.serving()) == (7, "done", {"v1"}), done.text
    assert "Service web selects version=v2" in done.text
    space.apply(service())
    assert project.run("health", "--run", plan["run"]).exit == 0


def test_a_run_that_leaves_a_second_service_without_its_port_ends_unhealthy(
    helm: Helm, releases: Callable[..., Project]
) -> None:
    """A Service beside the chart that somebody adds meanwhile; pods of the older release have no such port."""
    space = helm.space
    for version, port in (("v1", "http"), ("v2", "web")):
        helm.deploy(versioned(version, {"name": port, "containerPort": 8080}), wait=True)
    project = releases(helm)
    plan = project.plan()
    assert plan["verdict"] == "ready"
    space.apply({**service("web"), "metadata": {"name": "beside"}})
    done = project.execute(plan)
    assert (done.exit, space.serving()) == (7, {"v1"}), done.text
    assert "Service beside" in done.text
