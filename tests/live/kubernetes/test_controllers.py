"""Does it stick? The owners' real controllers run while we roll back beneath them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import owners
import pytest
from cluster import CACHE, Cluster, Namespace, shop, wait_for
from controllers import REQUESTED, Source, running
from skill import Project

IMAGE = "jsonpath={.spec.template.spec.containers[0].image}"
OLD = {"name": "OLD", "value": "yes"}
pytestmark = pytest.mark.optional
FLUX = "kustomization.kustomize.toolkit.fluxcd.io"


@pytest.fixture(scope="module", autouse=True)
def kinds(cluster: Cluster) -> None:
    owners.install(cluster)


@pytest.fixture
def source(space: Namespace, tmp_path: Path) -> Iterator[Source]:
    """Flux's kustomize-controller over a source; `beat` is something that it keeps there, beside what a test pushes."""
    if not (CACHE / "kustomize-controller").exists():
        pytest.skip("kustomize-controller is not built (build.sh <out dir> more)")
    made = Source(space, tmp_path / "artifacts")
    options = ("--watch-all-namespaces=false", "--metrics-addr=0", "--health-addr=127.0.0.1:0")
    with running(space, tmp_path / "kustomize-controller.log", "kustomize-controller", *options):
        yield made
        space(
            "delete", FLUX, "--all", "--cascade=foreground"
        )  # only the controller takes its finalizers away
    made.close()


def web(image: str, *env: dict[str, str]) -> dict[str, object]:
    return shop(image=image, replicas=1, container={"env": list(env)} if env else {})


def push(source: Source, *web: dict[str, object], **more: list[dict[str, object]]) -> str:
    return source.push(
        web=list(web),
        beat=[{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "beat"}}],
        **more,
    )


def deployed(
    source: Source, image: str, *env: dict[str, str], **more: list[dict[str, object]]
) -> None:
    """A commit that Flux has brought out, to the end of whatever it has to do."""
    space, revision = source.space, push(source, web(image, *env), **more)

    def done() -> bool:
        applied = {
            (one.get("status") or {}).get("lastAppliedRevision")
            for one in space.read(FLUX)["items"]
        }
        return applied == {revision} and image in space(
            "get", "deployment", "web", "-o", IMAGE, check=False
        )

    wait_for(done, f"Flux to deploy {image}", 180)
    space.settled("deployment/web")


def follow(source: Source, *names: str, **root: list[dict[str, object]]) -> None:
    """Flux keeps these, and looks when it is asked to or has fetched something; `beat` it keeps every two seconds."""
    push(source, web("v1"), **root)
    source.space.apply(*(owners.kustomization(source.space.name, name, "10m") for name in names))
    source.space.apply(owners.kustomization(source.space.name, "beat", "2s"))


def look(space: Namespace, name: str, number: int) -> None:
    """What `flux reconcile kustomization` does."""
    space("annotate", FLUX, name, f"{REQUESTED}={number}", "--overwrite")


def two_rounds(space: Namespace, *names: str) -> None:
    """Flux was asked to look at these, and has twice put back something else since."""
    for number in (1, 2):
        for name in names:
            look(space, name, number)
        space("delete", "configmap", "beat")
        wait_for(lambda: space("get", "configmap", "beat", check=False), "Flux to look again", 120)


def resume(space: Namespace, name: str) -> None:
    """What `flux resume kustomization` does."""
    space(
        "patch",
        FLUX,
        name,
        "--type=merge",
        "--field-manager=flux",
        "-p",
        json.dumps({"spec": {"suspend": False}}),
    )


def generation(space: Namespace) -> int:
    return int(space("get", "deployment/web", "-o", "jsonpath={.metadata.generation}"))


def still(project: Project, plan: dict[str, object]) -> list[str]:
    return [
        one
        for one in project.run("plan", "status")["open"]
        if "is suspended: revert the commit in git" in one
    ]


def test_flux_undoes_a_bare_undo_and_not_ours_until_the_way_back(
    source: Source, project: Project
) -> None:
    space = source.space
    follow(source, "web")
    deployed(source, "v1")
    deployed(source, "v2")
    before = generation(space)
    space("rollout", "undo", "deployment/web")
    look(space, "web", 0)
    wait_for(
        lambda: (space.image("deployment/web"), generation(space)) == ("v2", before + 2),
        "Flux to undo the undo",
        120,
    )
    space.settled("deployment/web")
    plan = project.plan()
    (told,) = [one for one in plan["findings"] if one["level"] == "blocker"]
    assert (plan["verdict"], told["code"]) == ("blocked", "owner-flux-kustomization")
    assert told["fix"].startswith(
        "plan with --suspend-owner, or by hand: flux suspend kustomization web -n "
    )
    plan = project.plan("previous", "--suspend-owner")
    assert project.execute(plan).exit == 0
    two_rounds(space, "web")
    assert (space.image("deployment/web"), len(still(project, plan))) == ("v1", 1)
    assert (project.restore(plan).exit, space.image("deployment/web"), still(project, plan)) == (
        0,
        "v2",
        [],
    )
    space("set", "image", "deployment/web", "web=localhost/shop:v1")
    look(space, "web", 3)
    wait_for(
        lambda: space.image("deployment/web") == "v2", "Flux to keep what is in git again", 120
    )


def test_resumed_by_hand_it_is_no_longer_told_and_nothing_of_ours_is_left_in_later_releases(
    source: Source, project: Project
) -> None:
    space = source.space
    follow(source, "web")
    deployed(source, "v1", OLD)
    deployed(source, "v2")
    plan = project.plan("previous", "--suspend-owner")
    assert (project.execute(plan).exit, environment(space)) == (0, "OLD")
    push(source, web("v1", OLD))
    assert len(still(project, plan)) == 1
    resume(space, "web")
    assert still(project, plan) == []
    two_rounds(space, "web")
    assert (space.image("deployment/web"), environment(space)) == ("v1", "OLD")
    deployed(source, "v5")
    assert environment(space) == ""


def environment(space: Namespace) -> str:
    return space(
        "get", "deployment/web", "-o", "jsonpath={.spec.template.spec.containers[0].env[*].name}"
    )


@pytest.mark.parametrize("declared", [{}, {"suspend": False}])
def test_a_kustomization_above_is_suspended_too_where_it_says_what_we_change(
    source: Source, project: Project, declared: dict[str, bool]
) -> None:
    space = source.space
    child = owners.kustomization(space.name, "web", "10m", **declared)
    follow(source, "root", root=[child])
    deployed(source, "v1", root=[child])
    deployed(source, "v2", root=[child])
    plan = project.plan("previous", "--suspend-owner")
    suspended = ["root", "web"] if declared else ["web"]
    assert [step["title"] for step in plan["steps"] if ".suspend." in step["id"]] == [
        f"Suspend Flux kustomization {space.name}/{name}" for name in suspended
    ]
    assert project.execute(plan).exit == 0
    two_rounds(space, "root", "web")
    assert (space.image("deployment/web"), len(still(project, plan))) == ("v1", len(suspended))
    assert (project.restore(plan).exit, space.image("deployment/web"), still(project, plan)) == (
        0,
        "v2",
        [],
    )
