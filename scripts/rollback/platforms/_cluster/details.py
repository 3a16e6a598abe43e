"""The location of a target in a cluster, and what its plan keeps until it runs."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from rollback.platforms._cluster.services import PodShape


class Location(Struct, frozen=True):
    """A namespace of a cluster.

    `context` is "" inside a pod, where kubectl uses its service account.
    """

    context: str
    namespace: str

    @property
    def described(self) -> str:
        context = f"context {self.context}, " if self.context else ""
        return f"{context}namespace {self.namespace}"

    def words(self, context: str) -> tuple[str, ...]:
        """Return the options that name it; kubectl and helm spell that of the context apart."""
        named = (context, self.context) if self.context else ()
        return (*named, "--namespace", self.namespace)


class Suspension(Struct, frozen=True):
    """An owner that the plan suspends.

    `before`: its setting as it was; `workloads`: kind/name of what it owns.
    """

    resource: str
    namespace: str
    name: str
    what: str
    kind: str
    before: Any
    workloads: tuple[str, ...] = ()


class ClusterDetails(Location, frozen=True, kw_only=True):
    """`identity`: a namespace and its uid, which no other cluster has; `salt`: of its hashes.

    `application` names the lock; `kind`/`name` the object, empty where the target has several.
    `pods`: what Services could reach when the plan was made.
    """

    identity: tuple[str, str] = ("", "")
    salt: str = ""
    application: str = ""
    kind: str = ""
    name: str = ""
    options: tuple[str, ...] = ()
    suspend: tuple[Suspension, ...] = ()
    pods: tuple[PodShape, ...] = ()

    @property
    def key(self) -> str:
        return f"{self.kind}/{self.name}"
