"""A chart whose workload has strategy OnDelete: Helm puts the template back and replaces no pod."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from cluster import Namespace, shop, wait_for
from helm_shop import Helm
from skill import Answer, Project

Releases = Callable[..., Project]
SERVING = {"status": "True", "type": "Ready"}


def chart(version: str, kind: str) -> dict[str, Any]:
    strategy = {"type": "OnDelete"}
    return shop(kind, image=version, replicas=2, updateStrategy=strategy)


def deployed(helm: Helm, version: str, kind: str) -> None:
    helm.deploy(chart(version, kind))
    helm.space("delete", "pods", "--all", "--wait=false")
    helm.space.begun(version)


def planned(project: Project, kind: str) -> Answer:
    plan = project.plan()
    assert (plan["verdict"], "on-delete" in plan.codes) == ("ready", True)
    steps = [step["id"].removeprefix("app.shop.") for step in plan["steps"]]
    assert steps == ["rollback", "rollout", f"replace-pods.{kind.lower()}-web"]
    return plan


@pytest.mark.parametrize("kind", ["StatefulSet", "DaemonSet"])
def test_a_step_deletes_the_pods_there_and_back(helm: Helm, releases: Releases, kind: str) -> None:
    for version in ("v1", "v2"):
        deployed(helm, version, kind)
        wait_for(lambda version=version: helm.space.serving() == {version}, version, 90)
    project = releases(helm)
    plan = planned(project, kind)
    done = project.execute(plan)
    assert (done.exit, helm.space.serving()) == (0, {"v1"}), done.text
    restored = project.restore(plan)
    assert (restored.exit, helm.space.serving()) == (0, {"v2"}), restored.text


def test_going_back_to_pods_that_cannot_start_stops_at_the_first(
    helm: Helm, releases: Releases
) -> None:
    """Long before the step's time is over; the other pod goes on serving."""
    space = helm.space
    for version in ("v1", "v0"):  # there is no image v0
        deployed(helm, version, "StatefulSet")
        if version == "v1":
            wait_for(lambda: space.serving() == {"v1"}, "the first release", 90)
    project = releases(helm)
    plan = planned(project, "StatefulSet")
    done = project.execute(plan)
    assert (done.exit, space.serving()) == (0, {"v1"}), done.text
    began = time.monotonic()
    restored = project.restore(plan)
    assert restored.exit == 5 and "a new pod cannot start" in restored.text + restored.stderr
    assert time.monotonic() - began < 90
    assert ready(space) == 1


def ready(space: Namespace) -> int:
    pods = space.read("pods")["items"]
    conditions = [pod["status"].get("conditions", ()) for pod in pods]
    return sum(any(SERVING.items() <= one.items() for one in each) for each in conditions)
