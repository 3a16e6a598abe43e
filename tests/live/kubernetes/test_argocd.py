"""Argo CD: does it stick while its real controllers heal what drifts and write their applications again?"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import argocd
import owners
import pytest
from cluster import Cluster, Namespace, shop, wait_for
from skill import Answer, Project

pytestmark = pytest.mark.optional
SYNC = ("-o", "jsonpath={.spec.syncPolicy.automated}")
HEALING = {"selfHeal": True, "prune": True}


@pytest.fixture(scope="module", autouse=True)
def kinds(cluster: Cluster) -> None:
    if missing := argocd.missing():
        pytest.skip(
            f"not there: {', '.join(missing)} (build.sh <out dir> more; Debian's redis-server)"
        )
    owners.install(cluster)


@pytest.fixture
def git(space: Namespace, tmp_path: Path) -> Iterator[argocd.Repository]:
    space.apply(*argocd.settings(space))
    made = argocd.Repository(tmp_path / "git")
    made.push(web("v1"))
    folder = tmp_path / "argocd"
    folder.mkdir()
    with argocd.controllers(space, folder):
        yield made
    for name in space(
        "get", "application,applicationset", "-o", "name"
    ).split():  # nobody is left to do what these wait for
        space("patch", name, "--type=merge", "-p", '{"metadata":{"finalizers":null}}')


def web(image: str) -> dict[str, Any]:
    return shop(image=image, replicas=1)


def following(space: Namespace, git: argocd.Repository) -> dict[str, Any]:
    made = owners.application(space.name, "web", HEALING)
    made["spec"]["source"] = {
        "repoURL": f"file://{git.folder}",
        "path": "web",
        "targetRevision": "main",
    }
    made["spec"]["destination"] = {"server": argocd.server(space), "namespace": space.name}
    return made


def deployed(space: Namespace, git: argocd.Repository, image: str) -> None:
    git.push(web(image))
    space("annotate", "application", "web", "argocd.argoproj.io/refresh=normal", "--overwrite")
    argocd.synced(space, image)


def looks(space: Namespace) -> None:
    """Argo CD has compared what is live with git once more; it takes this annotation away when it has."""
    space("annotate", "application", "web", "argocd.argoproj.io/refresh=hard", "--overwrite")
    wait_for(
        lambda: (
            not space(
                "get",
                "application",
                "web",
                "-o",
                r"jsonpath={.metadata.annotations.argocd\.argoproj\.io/refresh}",
            )
        ),
        "a refresh",
        120,
    )


def blockers(plan: Answer) -> dict[str, str]:
    return {one["code"]: one["fix"] for one in plan["findings"] if one["level"] == "blocker"}


def test_self_heal_undoes_a_bare_undo_and_not_ours_until_the_way_back(
    space: Namespace, git: argocd.Repository, project: Project
) -> None:
    space.apply(following(space, git))
    argocd.synced(space, "v1")
    deployed(space, git, "v2")
    generation = ("get", "deployment/web", "-o", "jsonpath={.metadata.generation}")
    before = int(space(*generation))
    space("rollout", "undo", "deployment/web")
    wait_for(
        lambda: (space.image("deployment/web"), int(space(*generation))) == ("v2", before + 2),
        "Argo CD to undo the undo",
        180,
    )
    space.settled("deployment/web")
    assert set(blockers(project.plan())) == {"owner-argocd"}
    plan = project.plan("previous", "--suspend-owner")
    assert project.execute(plan).exit == 0
    looks(space)
    looks(space)
    assert space.image("deployment/web") == "v1"
    assert (project.restore(plan).exit, space.image("deployment/web")) == (0, "v2")
    space("set", "image", "deployment/web", "web=localhost/shop:v1")
    wait_for(
        lambda: space.image("deployment/web") == "v2", "Argo CD to keep what is in git again", 180
    )


@pytest.mark.parametrize("rules", [[], [{"jsonPointers": ["/spec/syncPolicy"]}]])
def test_an_applicationset_writes_its_applications_again_unless_told_not_to(
    space: Namespace, git: argocd.Repository, project: Project, rules: list[dict[str, Any]]
) -> None:
    space.apply(generated(space, git, "web", rules=rules))
    wait_for(
        lambda: space("get", "application", "web", check=False),
        "the set to make its application",
        120,
    )
    argocd.synced(space, "v1")
    deployed(space, git, "v2")
    if not rules:
        space(
            "patch",
            "application",
            "web",
            "--type=json",
            "-p",
            json.dumps([{"op": "remove", "path": "/spec/syncPolicy/automated"}]),
        )
        wait_for(
            lambda: space("get", "application", "web", *SYNC),
            "the set to write its application again",
            120,
        )
        told = blockers(project.plan("previous", "--suspend-owner"))
        assert set(told) == {"owner-argocd-set"}
        subprocess.run(
            told["owner-argocd-set"].partition(";")[0],
            shell=True,
            env=space.cluster.environment,
            check=True,
            capture_output=True,
        )
    plan = project.plan("previous", "--suspend-owner")
    assert (plan["verdict"], project.execute(plan).exit) == ("ready", 0)
    elements = json.dumps(
        [{"op": "add", "path": "/spec/generators/0/list/elements/-", "value": {"app": "other"}}]
    )
    space("patch", "applicationset", "all", "--type=json", "-p", elements)
    wait_for(
        lambda: space("get", "application", "other", check=False),
        "the set to be looked at again",
        120,
    )
    looks(space)
    assert (space("get", "application", "web", *SYNC), space.image("deployment/web")) == ("", "v1")
    assert (project.restore(plan).exit, space.image("deployment/web")) == (0, "v2")
    assert json.loads(space("get", "application", "web", *SYNC)) == HEALING


def generated(
    space: Namespace, git: argocd.Repository, *apps: str, rules: list[dict[str, Any]]
) -> dict[str, Any]:
    one = following(space, git)
    source = one["spec"]["source"] | {"path": "{{app}}"}
    template = {"metadata": {"name": "{{app}}"}, "spec": one["spec"] | {"source": source}}
    spec = {
        "generators": [{"list": {"elements": [{"app": name} for name in apps]}}],
        "template": template,
        "ignoreApplicationDifferences": rules,
    }
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "ApplicationSet",
        "metadata": {"name": "all"},
        "spec": spec,
    }
