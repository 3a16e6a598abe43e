"""Between plan and change: what the API server refuses, what does no harm, and where the script stops by itself."""

from __future__ import annotations

import subprocess
from pathlib import Path

from cluster import Cluster, Namespace
from gate import Holding
from skill import Project


def test_another_deploy_in_between_is_refused_by_the_script_and_by_the_server_itself(
    web: Namespace, project: Project, cluster: Cluster
) -> None:
    """The guard has a gap of milliseconds; the condition travels with the change."""
    web.deploy("web", "v2")
    plan = project.plan()
    names_its_cluster(cluster, web, Path(plan["run"]) / "rollback.sh")
    web.deploy("web", "v5")
    assert (project.execute(plan).exit, web.image("deployment/web")) == (10, "v5")
    patch = [
        "kubectl",
        "-n",
        web.name,
        "patch",
        "deployment",
        "web",
        "--type=json",
        "--patch-file=state/app/deployment.web.patch.json",
    ]
    stale = subprocess.run(
        patch, cwd=plan["run"], env=cluster.environment, capture_output=True, text=True
    )
    assert stale.returncode == 1
    assert "the server rejected our request" in stale.stderr
    assert web.image("deployment/web") == "v5"


def names_its_cluster(cluster: Cluster, web: Namespace, script: Path) -> None:
    """The same context name and namespace of another cluster would not fit."""
    text = script.read_text()
    uid = cluster.kubectl("get", "namespace", "kube-system", "-o", "jsonpath={.metadata.uid}")
    assert uid in text
    assert f"--context test --namespace {web.name}" in text


def test_scaling_and_annotating_in_between_do_no_harm(web: Namespace, project: Project) -> None:
    web.deploy("web", "v2")
    plan = project.plan()
    web("scale", "deployment/web", "--replicas=3")
    web("annotate", "deployment/web", "note=hello")
    assert project.execute(plan).exit == 0
    found = web.read("deployment/web")
    assert (found["spec"]["replicas"], found["metadata"]["annotations"]["note"]) == (3, "hello")
    assert web.serving() == {"v1"}


def test_a_workload_made_anew_is_another_one(web: Namespace, project: Project) -> None:
    web.deploy("web", "v2")
    plan = project.plan()
    original = web.read("deployment/web")
    web("delete", "deployment/web")
    fresh = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web", "labels": {"app": "web"}},
        "spec": original["spec"],
    }
    web.apply(fresh)
    assert project.execute(plan).exit == 10
    assert web.image("deployment/web") == "v2"


def test_a_deploy_between_guards_and_patch_is_drift_and_leaves_nothing_to_close(
    web: Namespace, project: Project, tmp_path: Path
) -> None:
    """The server refuses the compared patch, and nothing was changed before."""
    web.deploy("web", "v2")
    held = Holding(tmp_path / "held")
    project.environment["PATH"] = f"{held.folder}:{project.environment['PATH']}"
    plan = project.plan()
    held.at("before", "patch deployment")
    running = project.start("execute", plan)
    held.reached()
    web("set", "image", "deployment/web", "web=localhost/shop:v5")
    held.go_on()
    said, _ = running.communicate(timeout=120)
    assert running.returncode == 10, said
    assert "has changed since the plan was made; nothing was changed by this start" in said
    assert (web.image("deployment/web"), web("get", "leases", "-o", "name")) == ("v5", "")
    again = project.plan("1")
    assert (again["verdict"], "unfinished-run" in again.codes) == ("ready", False)
