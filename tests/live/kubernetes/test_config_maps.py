"""With --full a ConfigMap of the project's manifests goes back with the workload that reads it."""

from __future__ import annotations

import subprocess
from typing import Any

import yaml
from cluster import Namespace, shop
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
