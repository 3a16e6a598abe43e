"""Argo Rollouts: refused, with the commands that roll them back by hand."""

from __future__ import annotations

from collections.abc import Collection

from rollback.errors import Blocked
from rollback.platforms._cluster.details import Location
from rollback.platforms._cluster.kubectl import find
from rollback.shell import Shell

GROUP, VERSION = "argoproj.io", "v1alpha1"


def path(namespace: str) -> str:
    return f"/apis/{GROUP}/{VERSION}/namespaces/{namespace}/rollouts"


def undo(namespace: str, name: str) -> str:
    """Return the commands for a person to run."""
    argo = f"kubectl argo rollouts -n {namespace}"
    # an undo is an update: without the promotion it pauses at each canary step
    promoted = f"{argo} undo {name} --to-revision=<n>, then {argo} promote {name} --full"
    return f"in flight: {argo} abort {name}; after promotion: {promoted}"


def refuse(shell: Shell, location: Location, names: Collection[str]) -> None:
    """Raises Blocked (owner-argo-rollouts) when one of these names is a Rollout.

    Without names, any Rollout in the namespace counts.
    """
    (answer,) = find(shell, location, path(location.namespace))
    rollouts = [raw["metadata"]["name"] for raw in (answer or {}).get("items") or ()]
    meant = [name for name in rollouts if not names or {name, f"rollout/{name}"} & set(names)]
    if meant:
        message = (
            f"{', '.join(meant[:5])}: managed by Argo Rollouts,"
            " which this version does not roll back"
        )
        raise Blocked("owner-argo-rollouts", message, undo(location.namespace, meant[0]))
