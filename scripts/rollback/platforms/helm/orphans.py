"""Objects that one manifest has and another lacks.

Helm deletes them, but forgets them after a change that failed halfway.
"""

from __future__ import annotations

from collections.abc import Sequence

from rollback.errors import RollbackError
from rollback.platforms.helm.irreplaceable import IRREPLACEABLE
from rollback.platforms.helm.manifest import Key, is_kept, objects
from rollback.platforms.helm.storage import Revision


def orphans(source: Revision, target: Revision, namespace: str) -> list[str]:
    """Name for kubectl the objects that Helm should delete.

    Only those of the usual kinds, in the namespace of the release. Two names at least:
    kubectl prints a single object without a list around it.
    """
    try:
        before, after = objects(source.manifest, namespace), objects(target.manifest, namespace)
    except RollbackError:
        return []
    names = [
        key.argument
        for key, manifest in before.items()
        if key not in after and _is_deletable(key, namespace) and not is_kept(manifest)
    ]
    return names * 2 if len(names) == 1 else names


def created(goal: Revision, others: Sequence[Revision], namespace: str) -> list[str]:
    """Name, as namespace/kind/name, the objects of `goal` that one of the others lacks.

    Such an object may exist already, and be someone else's.
    """
    try:
        wanted = objects(goal.manifest, namespace)
        known = [objects(other.manifest, namespace) for other in others]
    except RollbackError:
        return []
    new = (key for key in wanted if not all(key in manifest for manifest in known))
    return [f"{key.namespace}/{key.argument}" for key in new]


def _is_deletable(key: Key, namespace: str) -> bool:
    """Kinds of other groups may themselves be gone; kubectl could not be asked for them."""
    usual = "." not in key.group or key.group.endswith(".k8s.io")
    return usual and key.namespace == namespace and (key.group, key.kind) not in IRREPLACEABLE
