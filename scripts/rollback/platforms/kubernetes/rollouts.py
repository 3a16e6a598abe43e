"""Argo Rollouts' own kind of workload: named with the commands that take it back, which this version does not run."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from rollback.errors import Blocked
from rollback.platforms.kubernetes.kubectl import find
from rollback.shell import Shell

GROUP, VERSION = "argoproj.io", "v1alpha1"


def path(namespace: str) -> str:
    return f"/apis/{GROUP}/{VERSION}/namespaces/{namespace}/rollouts"


def way_back(namespace: str, name: str) -> str:
    argo = f"kubectl argo rollouts -n {namespace}"
    # an undo is a new update: without the promotion it goes through every canary step and waits at each pause
    return f"in flight: {argo} abort {name}; after promotion: {argo} undo {name} --to-revision=<n>, then {argo} promote {name} --full"


def refuse(shell: Shell, place: Mapping[str, Any], names: Collection[str]) -> None:
    """Raises Blocked (owner-argo-rollouts) when one of these names, or without names anything here, is a Rollout."""
    (found,) = find(shell, place, path(place["namespace"]))
    there = [one["metadata"]["name"] for one in (found or {}).get("items") or ()]
    if ours := [name for name in there if not names or name in names or f"rollout/{name}" in names]:
        message = f"{', '.join(ours[:5])}: run by Argo Rollouts, which this version names but does not roll back"
        raise Blocked("owner-argo-rollouts", message, way_back(place["namespace"], ours[0]))
