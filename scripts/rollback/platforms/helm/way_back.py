"""What restore.sh would delete: Helm deletes whatever the revision that it goes back to lacks."""

from __future__ import annotations

from rollback.errors import RollbackError
from rollback.platforms.helm.manifest import Objects, kept, objects
from rollback.platforms.helm.precious import lost
from rollback.platforms.helm.storage import Stored


def deletes(were: Stored, to: Stored, namespace: str) -> Objects:
    """Of what the rollback brings, that which was not there before it. Raises RollbackError (manifest-unreadable)."""
    before = objects(were.manifest, namespace)
    return {
        key: one
        for key, one in objects(to.manifest, namespace).items()
        if key not in before and not kept(one)
    }


def is_open(were: Stored, to: Stored, namespace: str) -> bool:
    """False when it would take along what nobody gets back."""
    try:
        return not any(lost(key, one) for key, one in deletes(were, to, namespace).items())
    except RollbackError:
        return True  # a plan of such a release is blocked
