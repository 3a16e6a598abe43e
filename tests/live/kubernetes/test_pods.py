"""What refuses the pods of the target is known before: limits and PodSecurity, in the server's words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cluster import Namespace, shop
from helm_shop import Helm, web
from skill import Project


def with_memory(image: str, limit: str) -> dict[str, Any]:
    return shop(image=image, replicas=1, container={"resources": {"limits": {"memory": limit}}})


def test_pods_that_a_limit_refuses_block_the_plan(space: Namespace, project: Project) -> None:
    space.apply(with_memory("v1", "300Mi"))
    space.settled("deployment/web")
    space("label", "namespace", space.name, "pod-security.kubernetes.io/warn=restricted")
    limits = {"limits": [{"type": "Container", "max": {"memory": "100Mi"}}]}
    space.apply(
        {"apiVersion": "v1", "kind": "LimitRange", "metadata": {"name": "limits"}, "spec": limits}
    )
    space.apply(with_memory("v2", "50Mi"))
    space.settled("deployment/web")
    plan = project.plan()
    (refused,) = [one for one in plan["findings"] if one["code"] == "pod-refused"]
    assert refused["level"] == "blocker"
    assert "maximum memory usage per Container is 100Mi, but limit is 300Mi" in refused["message"]
    (warned,) = [one for one in plan["findings"] if one["code"] == "pod-security"]
    assert warned["level"] == "warning", "refused before it came to PodSecurity: may be enforced"
    assert 'would violate PodSecurity "restricted' in warned["message"]
    assert space("get", "pods", "-o", "name").count("pod/") == 1, "a dry run leaves nothing"


def test_account_that_comes_back_with_the_release_is_no_blocker_and_what_it_hides_is(
    helm: Helm, releases: Callable[..., Project]
) -> None:
    account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "web"}}
    first = web("v1")
    pods = first["spec"]["template"]["spec"]
    pods["serviceAccountName"] = "web"
    pods["containers"][0]["securityContext"] = {"capabilities": {"add": ["NET_RAW"]}}
    helm.deploy(account, first, wait=True)
    second = web("v2")
    second["spec"]["template"]["spec"]["serviceAccountName"] = "default"
    helm.deploy(second, wait=True)
    project = releases(helm)
    assert "pod-refused" not in project.plan().codes
    label = "pod-security.kubernetes.io/enforce=baseline"
    helm.space("label", "namespace", helm.space.name, label)
    plan = project.plan()
    (refused,) = [one for one in plan["findings"] if one["code"] == "pod-refused"]
    assert plan["verdict"] == "blocked" and 'violates PodSecurity "baseline' in refused["message"]
