"""What the next deploy trips over after a rollback, and the commands that settle it."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import yaml
from cluster import Namespace, shop
from skill import Project

APPLY = ("apply", "--server-side", "--field-manager=ci", "-f", "-")


def with_env(image: str, **variables: str) -> dict[str, Any]:
    env = [{"name": name, "value": value} for name, value in variables.items()]
    return shop(image=image, replicas=1, container={"env": env})


def rolled_back(project: Project, code: str) -> str:
    """Plan, execute, and return what is still open of this kind."""
    plan = project.plan()
    (finding,) = [one for one in plan["findings"] if one["code"] == code]
    done = project.execute(plan)
    assert done.exit == 0
    (item,) = [one for one in done["open"] if finding["message"] in one]
    assert finding["fix"] in item
    return item


def test_a_server_side_apply_conflicts_once_and_goes_on_with_force(
    space: Namespace, project: Project
) -> None:
    for image in ("v1", "v2"):
        space(*APPLY, stdin=yaml.safe_dump(shop(image=image, replicas=1)))
        space.settled("deployment/web")
    item = rolled_back(project, "apply-conflict")
    assert "--field-manager=ci" in item and "containers[web].image" in item
    following = yaml.safe_dump(shop(image="v5", replicas=1))
    assert (
        space(*APPLY, stdin=following, check=False) == "" and space.image("deployment/web") == "v1"
    )
    space(*APPLY, "--force-conflicts", stdin=following)
    assert space.image("deployment/web") == "v5"


def test_a_variable_that_came_back_goes_with_the_next_apply_once_its_manifest_is_set(
    space: Namespace, project: Project, tmp_path: Path
) -> None:
    for image, variables in (("v1", {"OLD": "1"}), ("v2", {})):
        space.apply(with_env(image, **variables))
        space.settled("deployment/web")
    item = rolled_back(project, "apply-keeps")
    assert "containers[web].env[OLD]" in item
    command = shlex.split(item.rpartition(": ")[2])
    file = tmp_path / "v1.yaml"
    file.write_text(yaml.safe_dump(with_env("v1", OLD="1")))
    space(*[str(file) if word == "FILE" else word for word in command[3:]])
    space.apply(with_env("v5"))
    names = "jsonpath={.spec.template.spec.containers[0].env[*].name}"
    assert space("get", "deployment/web", "-o", names) == ""
