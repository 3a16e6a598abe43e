"""Helm 3 and Helm 4 on the real cluster: which revision is gone back to, the proof, and the way back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from cluster import Cluster, Namespace
from helm_shop import BOTH, Helm, config, web
from skill import Project


@pytest.fixture(params=BOTH)
def helm(request: pytest.FixtureRequest, space: Namespace, tmp_path: Path) -> Helm:
    return Helm(space, tmp_path / "helm", request.param)


@pytest.fixture
def project(helm: Helm, cluster: Cluster, space: Namespace, make_project: Callable[..., Project]) -> Project:
    made = make_project(cluster, namespace=space.name, platform="helm", releases=["shop"])
    made.environment |= helm.environment
    return made


def test_two_bad_releases_in_a_row_are_skipped_and_the_way_back_works(helm: Helm, project: Project, space: Namespace) -> None:
    """Without --wait Helm calls both bad ones deployed; `helm rollback` alone goes to the first bad one."""
    helm.deploy(web("v1"), wait=True)
    helm.deploy(web("v2"), config(flag="secret-x"), wait=True)
    helm.deploy(web("v3"), config(flag="new"), wait=True, good=False)
    helm.deploy(web("v4"), config(flag="new"), wait=True, good=False)
    plan = project.plan()
    assert plan["verdict"] == "ready", plan.text
    move = plan["moves"][0]
    assert (move["current"]["id"], move["to"]["id"], move["to"]["version"], move["bare"]) == ("4", "2", "v2", "3")
    assert [(one["release"], one["code"]) for one in move["skipped"]] == [("3", "failed")]
    done = project.execute(plan)
    assert (done.exit, done["outcome"], done["targets"][0]["state"]) == (0, "done", "rolled-back"), done.text + done.stderr
    assert (helm.newest(), space.serving()) == ((5, "deployed"), {"v2"})
    back = project.restore(plan)
    assert (back["outcome"], back["targets"][0]["state"]) == ("restored", "restored")
    assert space.image("deployment/web") == "v4"
