"""Objects that take more with them when Helm deletes them: nobody gets that back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rollback.platforms.helm.manifest import Key

# (group, kind) -> what is lost with it
IRREPLACEABLE = {
    ("apiextensions.k8s.io", "CustomResourceDefinition"): "every object of its kind",
    ("", "PersistentVolumeClaim"): "the data on it",
    ("", "PersistentVolume"): "the data on it",
    ("", "Namespace"): "everything in it",
}


def loss(key: Key, manifest: Mapping[str, Any]) -> str:
    """Return what is lost with the object; empty when it can be created again as it was."""
    if manifest["kind"] == "StatefulSet":
        policy = (manifest.get("spec") or {}).get("persistentVolumeClaimRetentionPolicy") or {}
        return "its volumes (whenDeleted: Delete)" if policy.get("whenDeleted") == "Delete" else ""
    return IRREPLACEABLE.get((key.group, key.kind), "")
