"""Argo Rollouts: what our refusal tells a person to type does what it says, while its real controller runs."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import owners
import pytest
from cluster import CACHE, Cluster, Namespace, shop, wait_for
from controllers import running
from skill import Project

pytestmark = pytest.mark.optional
PROGRAMS = ("rollouts-controller", "kubectl-argo-rollouts")


@pytest.fixture(scope="module", autouse=True)
def kinds(cluster: Cluster) -> None:
    if missing := [name for name in PROGRAMS if not (CACHE / name).exists()]:
        pytest.skip(f"not built (build.sh <out dir> more): {', '.join(missing)}")
    owners.install(cluster)


@pytest.fixture
def argo(space: Namespace, tmp_path: Path) -> Iterator[Namespace]:
    options = (
        "--namespaced",
        "--namespace",
        space.name,
        "--leader-elect=false",
        "--metricsport=0",
        "--healthzPort=0",
    )
    with running(space, tmp_path / "rollouts.log", "rollouts-controller", *options):
        yield space


def canary(space: str, image: str, own: bool) -> list[dict[str, Any]]:
    """A Rollout with a template of its `own`, or with that of a Deployment which itself runs nothing."""
    steps = {
        "progressDeadlineSeconds": 60,
        "strategy": {"canary": {"steps": [{"setWeight": 50}, {"pause": {}}]}},
    }
    made = owners.rollout(space, "web")
    if own:
        return [made | {"spec": shop(image=image, replicas=2)["spec"] | steps}]
    return [shop(image=image, replicas=0), made | {"spec": made["spec"] | steps | {"replicas": 2}}]


def status(space: Namespace) -> dict[str, Any]:
    return space.read("rollout/web").get("status") or {}  # type: ignore[no-any-return]


def reaches(space: Namespace, phase: str, *images: str) -> None:
    wait_for(
        lambda: (status(space).get("phase"), space.serving()) == (phase, set(images)),
        f"the rollout to be {phase} with {images}",
        180,
    )


def told(project: Project, after: str) -> str:
    """What the refusal names for this situation."""
    plan = project.plan()
    told = (
        [plan["error"]]
        if "error" in plan.json
        else [one for one in plan["findings"] if one["level"] == "blocker"]
    )
    assert (plan.exit, [one["code"] for one in told]) == (6, ["owner-argo-rollouts"])
    return str(told[0]["fix"]).partition(f"{after}: ")[2].partition(";")[0]


def typed(space: Namespace, command: str) -> None:
    subprocess.run(
        command,
        shell=True,
        env=space.cluster.environment,
        check=True,
        capture_output=True,
        text=True,
    )


@pytest.mark.parametrize("own", [True, False])
def test_the_commands_of_the_refusal_bring_the_old_release_back(
    argo: Namespace, project: Project, own: bool
) -> None:
    argo.apply(*canary(argo.name, "v1", own))
    reaches(argo, "Healthy", "v1")
    argo.apply(*canary(argo.name, "v2", own))
    reaches(argo, "Paused", "v1", "v2")
    project.configure(namespace=argo.name, workloads=["web"])
    typed(argo, told(project, "in flight"))
    reaches(argo, "Degraded", "v1")
    typed(argo, f"kubectl argo rollouts -n {argo.name} retry rollout web")
    typed(argo, f"kubectl argo rollouts -n {argo.name} promote web --full")
    reaches(argo, "Healthy", "v2")
    undo, promote = told(project, "after promotion").replace("<n>", "1").split(", then ")
    typed(argo, undo)
    reaches(argo, "Paused", "v1", "v2")
    typed(argo, promote)
    reaches(argo, "Healthy", "v1")
    assert status(argo)["stableRS"] == status(argo)["currentPodHash"]
