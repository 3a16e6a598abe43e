"""Other kinds of workloads, and states in which a rollback must not, or cannot yet, be done."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from cluster import Cluster, Namespace, shop, wait_for
from skill import Project


@pytest.mark.parametrize("kind", ["StatefulSet", "DaemonSet"])
def test_statefulsets_and_daemonsets_go_back_and_forth(
    space: Namespace, project: Project, kind: str
) -> None:
    space.apply(shop(kind, replicas=2))
    space.settled(f"{kind.lower()}/web")
    space.deploy("web", "v2", kind.lower())
    plan = project.plan()
    assert (plan["verdict"], plan["moves"][0]["to"]["version"]) == ("ready", "v1")
    assert project.execute(plan).exit == 0
    assert space.serving() == {"v1"}
    assert project.restore(plan).exit == 0
    assert space.serving() == {"v2"}


def test_a_stuck_statefulset_is_freed_by_a_step_of_its_own(
    space: Namespace, project: Project
) -> None:
    """Its controller waits for the bad pod for ever, also after the template went back."""
    space.apply(shop("StatefulSet", replicas=2))
    space.settled("statefulset/web")
    space.deploy("web", "v3", "statefulset", good=False)
    plan = project.plan()
    assert "statefulset-stuck" in plan.codes
    assert [step["id"] for step in plan["steps"]] == [
        "app.web.switch",
        "app.web.delete-stuck-pods",
    ]
    assert project.execute(plan).exit == 0
    assert space.serving() == {"v1"}


def test_a_partition_is_respected(space: Namespace, project: Project) -> None:
    space.apply(shop("StatefulSet", replicas=2))
    space.settled("statefulset/web")
    space(
        "patch",
        "statefulset",
        "web",
        "-p",
        '{"spec": {"updateStrategy": {"rollingUpdate": {"partition": 1}}}}',
    )
    space("set", "image", "statefulset/web", "web=localhost/shop:v2")
    wait_for(lambda: space.serving() == {"v1", "v2"}, "the upper pod to be replaced", 60)
    plan = project.plan()
    assert (plan["verdict"], "partition" in plan.codes) == ("ready", True)
    assert project.execute(plan).exit == 0
    assert space.serving() == {"v1"}


@pytest.mark.parametrize("kind", ["StatefulSet", "DaemonSet"])
def test_with_ondelete_a_step_deletes_the_pods(
    space: Namespace, project: Project, kind: str
) -> None:
    space.apply(shop(kind, replicas=2, updateStrategy={"type": "OnDelete"}))
    wait_for(lambda: space.serving() == {"v1"}, "the first release", 60)
    space("set", "image", f"{kind.lower()}/web", "web=localhost/shop:v3")
    space("delete", "pods", "-l", "app=web", "--wait=false")
    space.begun("v3")
    plan = project.plan()
    assert (plan["verdict"], "on-delete" in plan.codes) == ("ready", True)
    assert [step["id"] for step in plan["steps"]] == ["app.web.switch", "app.web.replace-pods"]
    done = project.execute(plan)
    assert (done.exit, space.serving()) == (0, {"v1"}), done.text


def labelled(name: str, version: str) -> dict[str, Any]:
    made = shop(name=name, image=f"v{version}", replicas=1)
    made["metadata"]["labels"] |= {"app.kubernetes.io/part-of": "shop"}
    made["spec"]["template"]["metadata"]["labels"] |= {"app.kubernetes.io/version": version}
    return made


def unlinked(name: str, release: str) -> dict[str, Any]:
    """Always the same image: only a variable tells the releases apart."""
    made = labelled(name, "1")
    template = made["spec"]["template"]
    del template["metadata"]["labels"]["app.kubernetes.io/version"]
    template["spec"]["containers"][0]["env"] = [{"name": "RELEASE", "value": release}]
    return made


def test_workloads_of_one_application_go_back_together(space: Namespace, project: Project) -> None:
    for version in ("1", "2"):
        space.apply(labelled("api", version), labelled("web", version), labelled("site", version))
        for name in ("api", "web", "site"):
            space.settled(f"deployment/{name}")
    project.configure(namespace=space.name, workloads=["api", "web", "site"])
    plan = project.plan()
    assert {move["target"]["app"]: move["to"]["version"] for move in plan["moves"]} == {
        "api": "1",
        "web": "1",
        "site": "1",
    }
    script = (project.root / plan["run"] / "rollback.sh").read_text()
    assert "Lock shop in the cluster" in script
    done = project.execute(plan)
    assert (done.exit, [target["state"] for target in done["targets"]]) == (0, ["rolled-back"] * 3)
    assert space.serving("api") == space.serving("web") == space.serving("site") == {"v1"}


def test_without_a_link_between_workloads_a_person_has_to_choose(
    space: Namespace, project: Project
) -> None:
    for version in ("1", "2"):
        space.apply(unlinked("api", version), unlinked("web", version))
        for name in ("api", "web"):
            space.settled(f"deployment/{name}")
    project.configure(namespace=space.name, workloads=["api", "web"])
    plan = project.plan()
    assert (plan.exit, plan["verdict"]) == (2, "choose")


def test_a_configmap_that_the_target_needs_and_that_is_gone_blocks(
    web: Namespace, project: Project
) -> None:
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


def test_what_was_scaled_to_zero_names_the_command_that_starts_it(
    web: Namespace, project: Project
) -> None:
    web.deploy("web", "v2")
    web("scale", "deployment/web", "--replicas=0")
    plan = project.plan()
    (finding,) = [row for row in plan["findings"] if row["code"] == "scaled-to-zero"]
    start = f"-n {web.name} scale deployment/web --replicas=1"
    assert (plan["verdict"], start in finding["fix"]) == ("ready", True)
    done = project.execute(plan)
    assert (done.exit, start in str(done["health"])) == (11, True)


def test_a_paused_deployment_blocks(web: Namespace, project: Project) -> None:
    web.deploy("web", "v2")
    web("rollout", "pause", "deployment/web")
    plan = project.plan()
    assert (plan["verdict"], "paused" in plan.codes) == ("blocked", True)


def test_a_namespace_or_context_that_is_not_there_is_a_mistake_in_the_settings(
    cluster: Cluster, make_project: Callable[..., Project]
) -> None:
    missing = make_project(cluster, namespace="nope").plan()
    assert (missing.exit, missing.error) == (2, "namespace-missing")
    missing = make_project(cluster, context="nope").plan()
    assert (missing.exit, missing.error) == (2, "context-missing")
