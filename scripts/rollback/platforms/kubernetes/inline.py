"""Literal values of environment variables: left out of what is only kept to be looked at, and told where one looks secret."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

_SECRET = re.compile(
    r"(?i)passw|passphrase|secret|token|credential|api_?key|private_?key|_dsn$|(database|redis|amqp|mongo\w*)_ur[il]$"
)
_COPY = "kubectl.kubernetes.io/last-applied-configuration"


def without(raw: Mapping[str, Any]) -> dict[str, Any]:
    """The object without them, and without the copy of itself in which they stand again."""
    meta, spec, template = raw["metadata"], raw["spec"], raw["spec"]["template"]
    notes = {key: value for key, value in (meta.get("annotations") or {}).items() if key != _COPY}
    pods = {**template["spec"]}
    for kind in ("containers", "initContainers"):
        if kind in pods:
            pods[kind] = [
                {**one, "env": [_masked(each) for each in one["env"]]} if one.get("env") else one
                for one in pods[kind]
            ]
    return {
        **raw,
        "metadata": {**meta, "annotations": notes},
        "spec": {**spec, "template": {**template, "spec": pods}},
    }


def without_template(raw: Mapping[str, Any]) -> dict[str, Any]:
    """The object without all that its pods are made of: values may stand in arguments and annotations, too."""
    return {
        **without(raw),
        "spec": {key: value for key, value in raw["spec"].items() if key != "template"},
    }


def suspicious(template: Mapping[str, Any]) -> Iterator[str]:
    """Names of the variables that hold a literal value and are called like a secret."""
    for kind in ("containers", "initContainers"):
        for one in template["spec"].get(kind) or ():
            yield from (
                each["name"]
                for each in one.get("env") or ()
                if each.get("value") and _SECRET.search(each["name"])
            )


def _masked(variable: Mapping[str, Any]) -> dict[str, Any]:
    return {**variable, "value": "***"} if "value" in variable else {**variable}
