"""Between plan and change: what the API server refuses, what does no harm, and where the script stops by itself."""

from __future__ import annotations

import subprocess

from cluster import Cluster, Namespace
from skill import Project


def test_another_deploy_in_between_is_refused(web: Namespace, project: Project) -> None:
    web.deploy("web", "v2")
    plan = project.plan()
    web.deploy("web", "v5")
    done = project.execute(plan)
    assert done.exit == 10
    assert web.image("deployment/web") == "v5"


def test_scaling_and_annotating_in_between_do_no_harm(web: Namespace, project: Project) -> None:
    web.deploy("web", "v2")
    plan = project.plan()
    web("scale", "deployment/web", "--replicas=3")
    web("annotate", "deployment/web", "note=hello")
    assert project.execute(plan).exit == 0
    found = web.read("deployment/web")
    assert (found["spec"]["replicas"], found["metadata"]["annotations"]["note"]) == (3, "hello")
    assert web.serving() == {"v1"}


def test_the_server_itself_refuses_a_stale_patch(
    web: Namespace, project: Project, cluster: Cluster
) -> None:
    """The guard has a gap of milliseconds; the condition travels with the change."""
    web.deploy("web", "v2")
    plan = project.plan()
    web.deploy("web", "v5")
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


def test_another_cluster_is_refused(web: Namespace, project: Project, cluster: Cluster) -> None:
    """The same context name and namespace, but the identity does not fit."""
    web.deploy("web", "v2")
    plan = project.plan()
    script = (project.root / plan["run"]).joinpath("rollback.sh").read_text()
    uid = cluster.kubectl("get", "namespace", "kube-system", "-o", "jsonpath={.metadata.uid}")
    assert uid in script
    assert f"--context test --namespace {web.name}" in script
