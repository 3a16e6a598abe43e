"""Both ends of a move with their manifests parsed: where every check of the preflight starts."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from msgspec import Struct

from rollback.model import Move
from rollback.platforms.helm import details
from rollback.platforms.helm.details import Details
from rollback.platforms.helm.manifest import Key, Objects, objects
from rollback.platforms.helm.moves import applied, source, target
from rollback.platforms.helm.storage import Revision

LiveObjects = Mapping[Key, Mapping[str, Any]]
_FEW = 8


class Comparison(Struct, frozen=True):
    """The live revision (`source`) and the one to roll back to (`target`), with their objects.

    `applied` is the revision that the live objects are of: the source, unless a hook stopped it.
    """

    move: Move
    source: Revision
    target: Revision
    applied: Revision
    before: Objects
    after: Objects

    @property
    def release(self) -> str:
        return self.move.target.app

    @property
    def location(self) -> Details:
        return details.of(self.move.target)

    @property
    def deletable(self) -> Objects:
        """What Helm deletes unless the target has it."""
        return {**objects(self.applied.manifest, self.location.namespace), **self.before}

    def label(self, key: Key) -> str:
        return key.label(self.location.namespace)

    def labels(self, keys: Collection[Key]) -> str:
        """The first few, and how many more there are."""
        names = [self.label(key) for key in keys]
        more = f" and {len(names) - _FEW} more" if len(names) > _FEW else ""
        return ", ".join(names[:_FEW]) + more


def compare(move: Move) -> Comparison:
    """Raises RollbackError (manifest-unreadable)."""
    before, after = source(move), target(move)
    namespace = details.of(move.target).namespace
    return Comparison(
        move,
        before,
        after,
        applied(move),
        objects(before.manifest, namespace),
        objects(after.manifest, namespace),
    )
