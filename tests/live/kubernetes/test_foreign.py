"""One workload of many was changed by somebody else: it is named and left alone, and the others go where they were to go, by a plan of their own."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest
from cluster import Namespace, shop, wait_for
from gate import Holding
from skill import Answer, Project

PARTS = ("part-0", "part-1", "part-2")


@pytest.fixture
def three(space: Namespace, project: Project) -> Namespace:
    """Three workloads without pods, at their second revision."""
    project.configure(namespace=space.name, workloads=list(PARTS))
    space.apply(*(shop(name=name, replicas=0) for name in PARTS))
    wait_for(lambda: revisions(space) == ["1"] * 3, "the first revisions")
    space("set", "image", "deployment", "--all", "web=localhost/shop:v2")
    wait_for(lambda: revisions(space) == ["2"] * 3, "the second revisions")
    return space


def revisions(space: Namespace) -> list[str]:
    return space(
        "get",
        "deployments",
        "-o",
        r"jsonpath={.items[*].metadata.annotations.deployment\.kubernetes\.io/revision}",
    ).split()


def images(space: Namespace) -> list[str]:
    return [space.image(f"deployment/{name}") for name in PARTS]


def follow(project: Project, refused: Answer) -> None:
    """The commands that the refusal names, each plan approved for itself."""
    for command in refused["error"]["fix"].partition(": ")[2].split(" ; then "):
        words = shlex.split(command)[2:]
        told = project.run("plan", *words, "--reason", "live test")
        if "--abandon" not in words:
            assert (told["verdict"], project.execute(told).exit) == ("ready", 11), (
                "nothing runs in them, so nothing can be said of health"
            )


def test_the_way_back_of_the_others(three: Namespace, project: Project) -> None:
    plan = project.plan("1")
    assert (project.execute(plan).exit, images(three)) == (11, ["v1", "v1", "v1"])
    three("set", "image", "deployment/part-1", "web=localhost/shop:v5")
    refused = project.restore(plan)
    assert (refused.exit, images(three)) == (10, ["v1", "v5", "v1"])
    assert "changed by somebody else since: part-1)" in refused["error"]["message"]
    follow(project, refused)
    assert images(three) == ["v2", "v5", "v2"]


def test_a_killed_run_whose_first_workload_was_changed_since(
    three: Namespace, project: Project, tmp_path: Path
) -> None:
    held = Holding(tmp_path / "held")
    project.environment["PATH"] = f"{held.folder}:{project.environment['PATH']}"
    plan = project.plan("1")
    held.at("before", "patch*part-2")
    held.kill(project.start("execute", plan))
    three("set", "image", "deployment/part-0", "web=localhost/shop:v5")
    refused = project.execute(plan)
    assert (refused.exit, images(three)) == (10, ["v5", "v1", "v2"])
    assert "changed by somebody else since: part-0)" in refused["error"]["message"]
    follow(project, refused)
    assert (images(three), three("get", "leases", "-o", "name")) == (["v5", "v1", "v1"], "")
