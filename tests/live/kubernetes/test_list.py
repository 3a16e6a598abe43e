"""What `--list` prints, pasted into bash in place of the script: it goes there and back as the script does."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import owners
import pytest
from cluster import Cluster, Namespace, shop, wait_for
from helm_shop import Helm, config, web
from skill import Answer, Project


def ran(project: Project, *words: str, stdin: str = "") -> str:
    done = subprocess.run(
        ("bash", *words),
        input=stdin,
        cwd=project.root,
        env=project.environment,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def pasted(project: Project, plan: Answer, script: str) -> None:
    """Every line of the list, in a shell that knows nothing of the script and stops at the first failure."""
    listed = ran(project, f"{plan['run']}/{script}", "--list")
    ran(project, "-e", stdin=listed)


def places(project: Project, plan: Answer, script: str) -> set[str]:
    """Where the script itself finds each line that it compares."""
    rows = ran(project, f"{plan['run']}/{script}", "--where").splitlines()
    return {row.split("\t")[0] for row in rows}


def there_and_back(space: Namespace, project: Project, plan: Answer) -> None:
    """By hand forward, then by hand in reverse; each time the lock is released."""
    for script in ("rollback.sh", "restore.sh"):
        assert places(project, plan, script) <= {"start", "end"}
        pasted(project, plan, script)
        assert places(project, plan, script) == {"end"}, script
        assert space.read("leases")["items"] == []


def released(
    space: Namespace, version: str, kind: str, names: tuple[str, ...], **more: Any
) -> None:
    space.apply(*(shop(kind, name, 1, version, **more) for name in names))
    if more:
        space("delete", "pods", "--all", "--wait=false")
    for name in names:
        wait_for(lambda name=name: space.serving(name) == {version}, f"{name} {version}", 120)


MANY = ("a", "b", "c", "d", "e")


@pytest.mark.parametrize(
    ("names", "options"),
    [(("web",), ()), (MANY, ()), (MANY, ("--no-inline-values",))],
    ids=["one", "many", "many, not inline"],
)
def test_a_list_of_deployments(
    space: Namespace, project: Project, names: tuple[str, ...], options: tuple[str, ...]
) -> None:
    for version in ("v1", "v2"):
        released(space, version, "Deployment", names)
        for name in names:
            space.settled(f"deployment/{name}")
    project.configure(namespace=space.name, workloads=list(names))
    there_and_back(space, project, choose(project, names, *options))
    for name in names:
        wait_for(lambda name=name: space.serving(name) == {"v2"}, f"{name} to be back", 60)


def choose(project: Project, names: tuple[str, ...], *options: str) -> Answer:
    """Several workloads that nothing links: a person names the release of the set."""
    plan = project.plan("previous", *options)
    if plan["verdict"] != "choose":
        return plan
    (wanted,) = {row["release"] for move in plan["moves"] for row in move["skipped"]}
    return project.plan(wanted, *options)


@pytest.mark.parametrize("kind", ["StatefulSet", "DaemonSet"])
def test_a_list_deletes_pods_that_nobody_replaces(
    space: Namespace, project: Project, kind: str
) -> None:
    for version in ("v1", "v2"):
        released(space, version, kind, ("web",), updateStrategy={"type": "OnDelete"})
    there_and_back(space, project, project.plan())
    assert space.serving() == {"v2"}


def test_a_list_deletes_the_pod_that_blocks_a_statefulset(
    space: Namespace, project: Project
) -> None:
    released(space, "v1", "StatefulSet", ("web",))
    space.deploy("web", "v3", "statefulset", good=False)
    plan = project.plan()
    assert "app.web.delete-stuck-pods" in {step["id"] for step in plan["steps"]}
    pasted(project, plan, "rollback.sh")
    wait_for(lambda: space.serving() == {"v1"}, "the release before", 60)


def test_a_list_suspends_an_owner_and_resumes_it(
    cluster: Cluster, web: Namespace, project: Project
) -> None:
    owners.install(cluster)
    web.apply(owners.application(web.name, "web", {"selfHeal": True}))
    tracked = owners.tracking(web.name, "web", f"apps/Deployment:{web.name}/web")
    web("annotate", "deployment/web", f"{owners.TRACKING}={tracked}")
    web.deploy("web", "v2")
    plan = project.plan("previous", "--suspend-owner")
    there_and_back(web, project, plan)
    policy = "jsonpath={.spec.syncPolicy.automated}"
    assert web("get", "application", "web", "-o", policy) == '{"selfHeal":true}'


def test_a_list_of_a_release_with_what_helm_would_leave(
    helm4: Helm, releases: Callable[..., Project]
) -> None:
    """The object that only the newer revision has is gone afterwards, and one of somebody else stays."""
    helm4.deploy(web("v1"), wait=True)
    helm4.deploy(web("v2"), config("more", a="b"), wait=True)
    project = releases(helm4)
    plan = project.plan()
    assert {"app.shop.orphans", "app.shop.rollout"} <= {step["id"] for step in plan["steps"]}
    pasted(project, plan, "rollback.sh")
    assert places(project, plan, "rollback.sh") == {"end"}
    assert helm4.space.serving() == {"v1"}
    assert helm4.space("get", "configmap", "more", "--ignore-not-found") == ""
    pasted(project, plan, "restore.sh")
    helm4.space.settled("deployment/web")
    assert places(project, plan, "restore.sh") == {"end"}
    assert (helm4.space.serving(), helm4.space.image("deployment/web")) == ({"v2"}, "v2")


def test_a_list_deletes_what_helm_forgot(
    helm: Helm, releases: Callable[..., Project], tmp_path: Path
) -> None:
    """The line of the step itself, for an object that Helm no longer knows of, beside one that is not Helm's."""
    helm.deploy(web("v1"), wait=True)
    helm.deploy(web("v2"), config("more", a="b"), config("foreign", a="b"), wait=True)
    helm.space("annotate", "configmap", "foreign", "meta.helm.sh/release-name-")
    plan = releases(helm).plan()
    script = Path(plan["run"]) / "rollback.sh"
    project = releases(helm)
    listed = ran(project, str(script), "--list").splitlines()
    (line,) = [line for line in listed if "xargs" in line]
    ran(project, "-e", stdin=line)
    assert helm.space("get", "configmap", "more", "--ignore-not-found") == ""
    assert "foreign" in helm.space("get", "configmap", "foreign")
