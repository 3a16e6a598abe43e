"""Other kinds of workloads, and states in which a rollback must not, or cannot yet, be done."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from cluster import Cluster, Namespace, shop
from skill import Project


@pytest.mark.parametrize("kind", ["StatefulSet", "DaemonSet"])
def test_statefulsets_and_daemonsets_go_back_and_forth(space: Namespace, project: Project, kind: str) -> None:
    space.apply(shop(kind))
    space.settled(f"{kind.lower()}/web")
    space.deploy("web", "v2", kind.lower())
    plan = project.plan()
    assert (plan["verdict"], plan["moves"][0]["to"]["version"]) == ("ready", "v1")
    assert project.execute(plan).exit == 0
    assert space.serving() == {"v1"}
    assert project.restore(plan).exit == 0
    assert space.serving() == {"v2"}


def test_a_stuck_statefulset_is_told_with_the_command_that_frees_it(space: Namespace, project: Project) -> None:
    space.apply(shop("StatefulSet"))
    space.settled("statefulset/web")
    space.deploy("web", "v3", "statefulset", good=False)
    plan = project.plan()
    assert "statefulset-stuck" in plan.codes
    fix = next(one["fix"] for one in plan["findings"] if one["code"] == "statefulset-stuck")
    revision = space("get", "statefulset", "web", "-o", "jsonpath={.status.updateRevision}")
    assert fix.endswith(f"kubectl -n {space.name} delete pod -l controller-revision-hash={revision}")


def test_a_configmap_that_the_target_needs_and_that_is_gone_blocks(web: Namespace, project: Project) -> None:
    web("create", "configmap", "limits", "--from-literal=most=5")
    web("set", "env", "deployment/web", "--from=configmap/limits")
    web.settled("deployment/web")
    remove = '[{"op": "remove", "path": "/spec/template/spec/containers/0/env"}]'
    web("patch", "deployment", "web", "--type=json", "-p", remove)
    web("set", "image", "deployment/web", "web=localhost/shop:v2")
    web.settled("deployment/web")
    web("delete", "configmap", "limits")
    plan = project.plan("2")
    assert (plan["verdict"], "reference-missing" in plan.codes) == ("blocked", True)


def test_a_paused_deployment_blocks(web: Namespace, project: Project) -> None:
    web.deploy("web", "v2")
    web("rollout", "pause", "deployment/web")
    plan = project.plan()
    assert (plan["verdict"], "paused" in plan.codes) == ("blocked", True)


def test_a_namespace_or_context_that_is_not_there_is_a_mistake_in_the_settings(cluster: Cluster, make_project: Callable[..., Project]) -> None:
    missing = make_project(cluster, namespace="nope").plan()
    assert (missing.exit, missing.error) == (2, "namespace-missing")
    missing = make_project(cluster, context="nope").plan()
    assert (missing.exit, missing.error) == (2, "context-missing")
