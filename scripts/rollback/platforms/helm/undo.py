"""What restore.sh would delete: Helm deletes whatever the revision it returns to lacks."""

from __future__ import annotations

from rollback.errors import RollbackError
from rollback.platforms.helm.irreplaceable import loss
from rollback.platforms.helm.manifest import Objects, is_kept, objects
from rollback.platforms.helm.storage import Revision


def deletions(applied: Revision, target: Revision, namespace: str) -> Objects:
    """Return the objects that the rollback creates and its undo deletes.

    Raises RollbackError (manifest-unreadable).
    """
    before = objects(applied.manifest, namespace)
    return {
        key: manifest
        for key, manifest in objects(target.manifest, namespace).items()
        if key not in before and not is_kept(manifest)
    }


def is_possible(applied: Revision, target: Revision, namespace: str) -> bool:
    """False when it would delete what nobody gets back."""
    try:
        deleted = deletions(applied, target, namespace)
    except RollbackError:
        return True  # a plan of such a release is blocked
    return not any(loss(key, manifest) for key, manifest in deleted.items())
