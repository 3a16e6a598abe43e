"""Literal values of environment variables.

Files for people to read hold none of them.
Variables that look like secrets are reported by name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

_SECRET = re.compile(
    r"(?i)passw|passphrase|secret|token|credential|api_?key|private_?key|_dsn$|"
    r"(database|redis|amqp|mongo\w*)_ur[il]$"
)
_COPY = "kubectl.kubernetes.io/last-applied-configuration"
_CONTAINERS = ("containers", "initContainers")


def without_values(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Return the object without literal values and without the copy that repeats them."""
    spec, template = raw["spec"], raw["spec"]["template"]
    pods = {**template["spec"]}
    for kind in _CONTAINERS:
        if kind in pods:
            pods[kind] = [_masked(container) for container in pods[kind]]
    masked = {**spec, "template": {**template, "spec": pods}}
    return {**raw, "metadata": _without_copy(raw["metadata"]), "spec": masked}


def without_template(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Return the object without its pod template, all of which may hold values."""
    spec = {key: value for key, value in raw["spec"].items() if key != "template"}
    return {**raw, "metadata": _without_copy(raw["metadata"]), "spec": spec}


def suspicious(template: Mapping[str, Any]) -> Iterator[str]:
    """Yield names of variables that hold a literal value and are named like a secret."""
    for kind in _CONTAINERS:
        for container in template["spec"].get(kind) or ():
            for variable in container.get("env") or ():
                if variable.get("value") and _SECRET.search(variable["name"]):
                    yield variable["name"]


def _without_copy(meta: Mapping[str, Any]) -> dict[str, Any]:
    annotations = meta.get("annotations") or {}
    kept = {key: value for key, value in annotations.items() if key != _COPY}
    return {**meta, "annotations": kept}


def _masked(container: Mapping[str, Any]) -> Mapping[str, Any]:
    if not container.get("env"):
        return container
    env = [
        {**variable, "value": "***"} if "value" in variable else variable
        for variable in container["env"]
    ]
    return {**container, "env": env}
