"""What a rollback on a real cluster survives: being killed at any point, and a cluster that is away for a while."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from cluster import Cluster, Namespace, shop, wait_for
from gate import Holding, Line, kill_all
from skill import Project

CHANGE = "patch deployment"  # words of the change of a workload, and of no other call


@pytest.fixture
def held(tmp_path: Path) -> Holding:
    return Holding(tmp_path / "held")


def through(project: Project, held: Holding) -> Project:
    project.environment["PATH"] = f"{held.folder}:{project.environment['PATH']}"
    return project


def test_a_run_killed_at_every_point_goes_on_to_the_same_end(
    web: Namespace, project: Project, held: Holding
) -> None:
    web.deploy("web", "v2")
    plan = through(project, held).plan()
    points = (
        ("before", "create", "v2"),
        ("after", "create", "v2"),
        ("before", CHANGE, "v2"),
        ("after", CHANGE, "v1"),
        ("before", "delete", "v1"),
    )
    for when, word, image in points:
        held.at(when, word)
        held.kill(project.start("execute", plan))
        assert web.image("deployment/web") == image, (when, word)
    assert "unfinished-run" in project.plan("2").codes
    done = project.execute(plan)
    assert (done.exit, web.serving(), web("get", "leases", "-o", "name")) == (0, {"v1"}, "")


def test_a_cluster_that_is_away_for_a_while_is_waited_for_or_told(
    cluster: Cluster,
    web: Namespace,
    make_project: Callable[..., Project],
    held: Holding,
    tmp_path: Path,
) -> None:
    web.deploy("web", "v2")
    line = Line(cluster, tmp_path / "line.yaml")
    project = through(make_project(line.cluster, namespace=web.name), held)
    plan = project.plan()
    line.cut()
    assert (project.execute(plan).exit, project.plan().exit) == (12, 12), "nothing begun"
    line.mend()
    held.at("before", CHANGE)
    run = project.start("execute", plan)
    held.reached()
    line.cut()
    held.go_on()
    assert run.wait(60) == 5, "the change itself could not be asked for"
    line.mend()
    held.at("after", CHANGE)
    run = project.start("execute", plan)
    held.reached()
    line.cut()
    held.go_on()
    line.mend()
    assert run.wait(60) == 0, "the change was made, and the proof came later"
    assert web.serving() == {"v1"}


def may(account: Cluster, web: Namespace, answer: str) -> None:
    """The server has heard of it: rights take effect a moment after they were written."""
    for verb in ("patch deployments", "get deployments", "delete leases"):
        ask = ("--namespace", web.name, "auth", "can-i", *verb.split())
        wait_for(
            lambda ask=ask: account.kubectl(*ask, check=False) == answer,
            f"the answer {answer} about {verb}",
        )  # type: ignore[misc]


def test_a_run_that_loses_its_rights_in_the_middle_says_what_it_could_not_read_and_goes_on_when_it_has_them_again(
    cluster: Cluster,
    web: Namespace,
    make_project: Callable[..., Project],
    held: Holding,
    tmp_path: Path,
) -> None:
    web.deploy("web", "v2")
    web("create", "serviceaccount", "ci")
    web("create", "role", "all", "--verb=*", "--resource=*.*")
    allow = ("create", "rolebinding", "ci", "--role=all", f"--serviceaccount={web.name}:ci")
    account = cluster.as_account(web, "ci", tmp_path / "ci.yaml")
    web(*allow)
    may(account, web, "yes")
    project = through(make_project(account, namespace=web.name), held)
    plan = project.plan()
    held.at("before", CHANGE)
    run = project.start("execute", plan)
    held.reached()
    web("delete", "rolebinding", "ci")
    may(account, web, "no")
    held.go_on()
    out, _ = run.communicate(timeout=120)
    (target,) = json.loads(out)["targets"]
    assert (run.returncode, target["state"], target["now"]) == (5, "failed", None), out
    assert target["proof"] == "the pod templates of deployment/web: could not be read"
    assert (project.execute(plan).exit, web.image("deployment/web")) == (12, "v2")
    web(*allow)
    may(account, web, "yes")
    assert (project.execute(plan).exit, web.serving(), web("get", "leases", "-o", "name")) == (
        0,
        {"v1"},
        "",
    )


def test_deletions_of_a_killed_run_go_on_and_restore_deletes_as_well(
    space: Namespace, project: Project
) -> None:
    space.apply(shop("StatefulSet", replicas=2, updateStrategy={"type": "OnDelete"}))
    wait_for(lambda: space.serving() == {"v1"}, "the first release", 60)
    space("set", "image", "statefulset/web", "web=localhost/shop:v2")
    space("delete", "pods", "-l", "app=web")
    wait_for(lambda: space.serving() == {"v2"}, "the second release", 60)
    plan = project.plan()
    run = project.start("execute", plan)
    wait_for(lambda: "v1" in space.serving(), "the first pod to be replaced", 60)
    kill_all(run.pid)
    run.wait(30)
    assert project.execute(plan).exit == 0
    assert space.serving() == {"v1"}
    assert project.restore(plan).exit == 0
    assert space.serving() == {"v2"}
