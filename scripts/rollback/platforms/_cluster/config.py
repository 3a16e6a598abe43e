"""Configuration of pods by key: variables of their templates, and what they mount or read."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

Template = Mapping[str, Any]


def of_template(name: str, template: Template) -> dict[str, str]:
    """Return "workload/container: KEY" -> what sets it, and "workload/container: envFrom"."""
    found: dict[str, str] = {}
    spec = template.get("spec") or {}
    for container in (*(spec.get("initContainers") or ()), *(spec.get("containers") or ())):
        place = f"{name}/{container.get('name')}"
        for row in container.get("env") or ():
            found[f"{place}: {row.get('name')}"] = json.dumps(row, sort_keys=True)
        if sources := container.get("envFrom"):
            found[f"{place}: envFrom"] = json.dumps(sources, sort_keys=True)
    return found


def of_object(label: str, content: Mapping[str, Any]) -> dict[str, str]:
    """Return "configmap/name: key" -> its text, of a ConfigMap or Secret in a manifest."""
    parts = ("data", "stringData", "binaryData")
    return {
        f"{label}: {key}": json.dumps(value)
        for part in parts
        for key, value in (content.get(part) or {}).items()
    }
