"""What takes more along than itself when Helm deletes it: nobody gets that back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rollback.platforms.helm.manifest import Key

# (group, kind) -> what is lost with it
PRECIOUS = {
    ("apiextensions.k8s.io", "CustomResourceDefinition"): "every object of its kind",
    ("", "PersistentVolumeClaim"): "the data on it",
    ("", "PersistentVolume"): "the data on it",
    ("", "Namespace"): "everything in it",
}


def lost(key: Key, one: Mapping[str, Any]) -> str:
    """Empty for what is made anew as it was."""
    if one["kind"] == "StatefulSet":
        policy = (one.get("spec") or {}).get("persistentVolumeClaimRetentionPolicy") or {}
        return "its volumes (whenDeleted: Delete)" if policy.get("whenDeleted") == "Delete" else ""
    return PRECIOUS.get((key[0], key[1]), "")
