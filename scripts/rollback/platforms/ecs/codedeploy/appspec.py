"""AppSpecs of ECS services: what one says, and the deployment that names another definition. Pure.

They are YAML or JSON, and CodeDeploy takes their keys in any case.
"""

from __future__ import annotations

import json
from typing import Any

from msgspec import Struct

from rollback.errors import Usage
from rollback.platforms.ecs.answers import LoadBalancer

_OWN = ("taskdefinition", "loadbalancerinfo")


class AppSpec(Struct, frozen=True):
    """`properties`: platform version, network and the like. `hooks`: event -> function."""

    task_definition: str
    container: str = ""
    port: int = 0
    properties: dict[str, Any] = {}
    hooks: tuple[dict[str, Any], ...] = ()

    @property
    def called(self) -> list[str]:
        """Return the hooks for people: "AfterInstall (check)"."""
        pairs = (pair for hook in self.hooks for pair in hook.items())
        return [f"{event} ({str(function).rpartition(':')[2]})" for event, function in pairs]


def parse(text: str) -> AppSpec | None:
    """Return what an AppSpec says; None where it is none of an ECS service."""
    whole = _loaded(text)
    resources = _value(whole, "resources")
    if not isinstance(resources, list) or len(resources) != 1 or not _is_pair(resources[0]):
        return None
    (resource,) = resources[0].values()
    properties = _value(resource, "properties")
    arn = _value(properties, "taskdefinition")
    if not isinstance(arn, str):
        return None
    place, hooks = _value(properties, "loadbalancerinfo"), _value(whole, "hooks")
    port = _value(place, "containerport")
    return AppSpec(
        arn,
        str(_value(place, "containername") or ""),
        int(port) if str(port).isdecimal() else 0,
        {key: value for key, value in properties.items() if key.lower() not in _OWN},
        tuple(hook for hook in hooks if isinstance(hook, dict)) if isinstance(hooks, list) else (),
    )


def _loaded(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        from rollback.settings import yaml_text

        try:
            return yaml_text.read(text.encode(), "AppSpec")
        except Usage:
            return None


def _is_pair(value: Any) -> bool:
    return isinstance(value, dict) and len(value) == 1


def _value(mapping: Any, name: str) -> Any:
    """Return a value by its key in any case; None without one."""
    if not isinstance(mapping, dict):
        return None
    return next((value for key, value in mapping.items() if str(key).lower() == name), None)


def place(known: AppSpec | None, balancer: LoadBalancer) -> tuple[str, int]:
    """Return container and port: as that release was deployed, else those of the service."""
    if known and known.container and known.port:
        return known.container, known.port
    return balancer.container_name, balancer.container_port


def content(arn: str, place: tuple[str, int], last: AppSpec | None) -> str:
    """Return the AppSpec that brings this task definition, all else as it was deployed last."""
    container, port = place
    properties = {
        "TaskDefinition": arn,
        "LoadBalancerInfo": {"ContainerName": container, "ContainerPort": port},
        **(last.properties if last else {}),
    }
    resource = {"Type": "AWS::ECS::Service", "Properties": properties}
    whole: dict[str, Any] = {"version": 0.0, "Resources": [{"TargetService": resource}]}
    if last and last.hooks:
        whole["Hooks"] = list(last.hooks)
    return json.dumps(whole)


def deployment(application: str, group: str, content: str) -> bytes:
    """Return what `aws deploy create-deployment --cli-input-json` takes."""
    body = {
        "applicationName": application,
        "deploymentGroupName": group,
        "revision": {"revisionType": "AppSpecContent", "appSpecContent": {"content": content}},
    }
    return json.dumps(body, indent=1).encode() + b"\n"
