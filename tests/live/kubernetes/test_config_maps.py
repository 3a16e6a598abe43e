"""With --full a ConfigMap of the project's manifests goes back with the workload that reads it."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import yaml
from cluster import Namespace, shop
from gate import Holding
from skill import _GIT, Project


def release(project: Project, space: Namespace, version: str, **data: str) -> None:
    """Manifests, committed, tagged, applied and rolled out."""
    container = {"envFrom": [{"configMapRef": {"name": "shop"}}]}
    objects: list[dict[str, Any]] = [
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "shop"}, "data": data},
        shop(image=version, container=container),
    ]
    (project.root / "k8s/web.yaml").write_text(yaml.safe_dump_all(objects))
    for words in (("add", "-A"), ("commit", "-qm", version), ("tag", version)):
        subprocess.run(["git", *_GIT, *words], cwd=project.root, check=True, capture_output=True)
    space.apply(*objects)
    space.settled("deployment/web")


def content(space: Namespace) -> dict[str, str]:
    data: dict[str, str] = space.read("configmap/shop")["data"]
    return data


def test_a_config_map_goes_back_forward_and_never_over_a_change_by_hand(
    space: Namespace, project: Project
) -> None:
    old, new = {"COLOR": "red", "SIZE": "<5>"}, {"COLOR": "blue"}
    release(project, space, "v1", **old)
    release(project, space, "v2", **new)
    plan = project.plan("previous", "--full")
    assert [row["part"] for row in plan["steps"]] == ["config", "app"], plan.text
    assert "config-changed" not in plan.codes and "config-stays" not in plan.codes
    assert [(row["key"], row["restored"]) for row in plan["config"]] == [
        ("ConfigMap/shop: COLOR", True),
        ("ConfigMap/shop: SIZE", True),
    ]
    done = project.execute(plan)
    assert done["outcome"] == "done", done.text
    assert (space.image("deployment/web"), content(space)) == ("v1", old)
    assert "red" in space("exec", "deployment/web", "--", "/bin/sh", "-c", "echo $COLOR")
    assert project.restore(plan)["outcome"] == "restored"
    assert (space.image("deployment/web"), content(space)) == ("v2", new)
    again = project.plan("v1", "--full")
    space("patch", "configmap", "shop", "--patch", '{"data": {"COLOR": "green"}}')
    assert project.execute(again).exit == 10
    assert (space.image("deployment/web"), content(space)) == ("v2", {"COLOR": "green"})
    edited = project.plan("v1", "--full", "--dry-run")
    assert [row["part"] for row in edited["steps"]] == ["app"]
    assert "config-stays" in edited.codes


def test_an_edit_between_guard_and_patch_is_drift(
    space: Namespace, project: Project, tmp_path: Path
) -> None:
    release(project, space, "v1", COLOR="red")
    release(project, space, "v2", COLOR="blue")
    held = Holding(tmp_path / "held")
    project.environment["PATH"] = f"{held.folder}:{project.environment['PATH']}"
    plan = project.plan("previous", "--full")
    held.at("before", "patch configmap")
    running = project.start("execute", plan)
    held.reached()
    space("patch", "configmap", "shop", "--patch", '{"data": {"COLOR": "green"}}')
    held.go_on()
    said, _ = running.communicate(timeout=120)
    assert running.returncode == 10, said
    assert (space.image("deployment/web"), content(space)) == ("v2", {"COLOR": "green"})


def test_a_pod_of_an_operator_and_a_bare_one_that_read_it_are_named_and_it_stays(
    space: Namespace, project: Project
) -> None:
    release(project, space, "v1", COLOR="red")
    release(project, space, "v2", COLOR="blue")
    template = shop(container={"envFrom": [{"configMapRef": {"name": "shop"}}]})["spec"]["template"]
    lone = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "lone"},
        "spec": template["spec"],
    }
    uid = space.read("configmap/kube-root-ca.crt")["metadata"]["uid"]
    owner = {
        "apiVersion": "example.com/v1",
        "kind": "Cache",
        "name": "front",
        "uid": uid,
        "controller": True,
    }
    space.apply(lone, {**lone, "metadata": {"name": "front-0", "ownerReferences": [owner]}})
    plan = project.plan("previous", "--full", "--dry-run")
    assert [row["part"] for row in plan["steps"]] == ["app"]
    (row,) = (row for row in plan["config"] if row["key"] == "ConfigMap/shop")
    assert not row["restored"], plan.text
    stays = next(one for one in plan["findings"] if one["code"] == "config-stays")
    assert "Cache/front" in str(stays) and "Pod/lone" in str(stays)
