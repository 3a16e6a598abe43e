"""--no-inline-values depends on what the cluster remembers: gone, moved, or written down by an older server."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cluster import Namespace
from gate import Holding
from skill import Project
from test_inline import OPTION, files_with_it, release


@pytest.fixture
def web(space: Namespace, project: Project) -> Namespace:
    project.configure(namespace=space.name, workloads=["web"])
    for number in (1, 2):
        space.apply(release(number))
        space.settled("deployment/web")
    return space


def holder(space: Namespace, number: int) -> str:
    found = space.read("replicasets")["items"]
    return next(
        one["metadata"]["name"]
        for one in found
        if one["spec"]["template"]["spec"]["containers"][0]["image"].endswith(f":v{number}")
    )


def test_what_the_cluster_has_forgotten_is_told_and_nothing_is_changed(
    web: Namespace, project: Project
) -> None:
    plan, gone = project.plan("previous", OPTION), holder(web, 1)
    kept = web.read(f"replicaset/{gone}")
    web("delete", "replicaset", gone)
    refused = project.execute(plan)
    said = refused.text + refused.stderr
    assert (refused.exit, f"gone: replicaset.apps/{gone}" in said, web.image("deployment/web")) == (
        10,
        True,
        "v2",
    ), said
    for name in ("resourceVersion", "uid"):
        del kept["metadata"][name]
    web("create", "-f", "-", stdin=json.dumps(kept))
    assert project.execute(plan)["outcome"] == "done", (
        "it is the content that counts, not the object"
    )
    gone = holder(web, 2)
    web("delete", "replicaset", gone)
    refused = project.restore(plan)
    said = refused.text + refused.stderr
    assert (refused.exit, f"gone: replicaset.apps/{gone}" in said, web.image("deployment/web")) == (
        10,
        True,
        "v1",
    ), said


def test_a_killed_run_goes_on_and_leaves_no_value_behind(
    web: Namespace, project: Project, tmp_path: Path
) -> None:
    held = Holding(tmp_path / "held")
    project.environment["PATH"] = f"{held.folder}:{project.environment['PATH']}"
    plan = project.plan("previous", OPTION)
    for when in ("before", "after"):
        held.at(when, "--patch-file")
        held.kill(project.start("execute", plan))
        assert files_with_it(plan["run"]) == [], when
    assert (
        project.execute(plan)["outcome"],
        web.image("deployment/web"),
        files_with_it(plan["run"]),
    ) == ("done", "v1", [])


def test_a_deploy_in_the_last_moment_is_refused_by_the_server(
    web: Namespace, project: Project, tmp_path: Path
) -> None:
    held = Holding(tmp_path / "held")
    project.environment["PATH"] = f"{held.folder}:{project.environment['PATH']}"
    plan = project.plan("previous", OPTION)
    held.at("before", "--patch-file")
    run = project.start("execute", plan)
    held.reached()
    web.apply(release(5))
    held.go_on()
    assert (run.wait(120), web.image("deployment/web")) == (10, "v5")
    assert project.execute(plan).exit == 10


def test_a_revision_that_an_older_server_wrote_down_is_understood(
    space: Namespace, project: Project
) -> None:
    """Before 1.34 an absent time was spelled out, and a ControllerRevision keeps the spelling it was made with."""
    project.configure(namespace=space.name, workloads=["db"])
    for number in (1, 2):
        space.apply(release(number, "StatefulSet", "db"))
        space.settled("statefulset/db")
    first = min(space.read("controllerrevisions")["items"], key=lambda one: one["revision"])
    first["data"]["spec"]["template"]["metadata"]["creationTimestamp"] = None
    for name in ("resourceVersion", "uid"):
        del first["metadata"][name]
    space("delete", "controllerrevision", first["metadata"]["name"])
    space("create", "-f", "-", stdin=json.dumps(first))
    assert '"creationTimestamp":null' in space(
        "get", "controllerrevisions", "-o", "jsonpath={.items[*].data.spec.template}"
    )
    plan = project.plan("1", OPTION)
    assert plan["verdict"] == "ready", plan["findings"]
    assert (project.execute(plan)["outcome"], space.image("statefulset/db")) == ("done", "v1")
    assert (project.restore(plan)["outcome"], space.image("statefulset/db")) == ("restored", "v2")
