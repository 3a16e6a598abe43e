"""Both ends of a move with their manifests read: what every question of the preflight starts from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from rollback.model import Move
from rollback.platforms.helm.change import stored, were
from rollback.platforms.helm.manifest import Key, Objects, named, objects
from rollback.platforms.helm.storage import Stored


class Pair(Struct, frozen=True):
    """The live revision and the one to go back to."""

    move: Move
    current: Stored
    to: Stored
    now: Objects
    then: Objects

    @property
    def release(self) -> str:
        return self.move.target.app

    @property
    def place(self) -> Mapping[str, Any]:
        return self.move.target.details

    @property
    def were(self) -> Stored:
        """The revision that the objects are of; the live one but after a hook that stopped a rollback first."""
        return were(self.move.current)

    @property
    def had(self) -> Objects:
        """What Helm may delete on the way."""
        return {**objects(self.were.manifest, self.place["namespace"]), **self.now}

    def called(self, key: Key) -> str:
        return named(key, self.place["namespace"])


def pair(move: Move) -> Pair:
    """Raises RollbackError (manifest-unreadable)."""
    current, to, namespace = stored(move.current), stored(move.to), move.target.details["namespace"]
    return Pair(
        move, current, to, objects(current.manifest, namespace), objects(to.manifest, namespace)
    )
