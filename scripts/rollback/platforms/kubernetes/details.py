"""What a Kubernetes target remembers in a plan, and what its releases know while a plan is made."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import Struct

from rollback.model import Move, Release, Target
from rollback.platforms._cluster.changes import WorkloadChange
from rollback.platforms._cluster.details import ClusterDetails, Location
from rollback.platforms._cluster.namespace import NamespaceState
from rollback.platforms._cluster.revisions import Revision
from rollback.platforms._cluster.workloads import Workload, WorkloadName


class Details(ClusterDetails, frozen=True, kw_only=True):
    """`selector` of its pods; `parts` (app -> kind/name) where several workloads move together.

    `wave` is the workload's mark for an order.
    """

    uid: str = ""
    selector: str = ""
    wave: int = 0
    parts: dict[str, str] = msgspec.field(default_factory=dict)

    @property
    def workload(self) -> WorkloadName:
        return WorkloadName(self.kind, self.name, self.selector)


class Facts(Struct, frozen=True):
    """Of a release of one workload. `until`: when it stopped serving. `state`: of the live release, what was read with it."""

    workload: Workload
    revision: Revision
    until: str = ""
    state: NamespaceState | None = None


class SetFacts(Struct, frozen=True):
    """Of a release of several workloads: the release of each app."""

    parts: dict[str, Release]


def of(target: Target) -> Details:
    """Of a target as it was read, or as plan.json holds it."""
    if isinstance(target.details, Details):
        return target.details
    return msgspec.convert(target.details, Details)


def facts(release: Release) -> Facts:
    """Of a release of one workload, while its plan is made."""
    known: Any = release.facts
    assert isinstance(known, Facts), f"release {release.id} was not read by this adapter"
    return known


def before(move: Move) -> dict[str, Any]:
    """The live pod template."""
    return facts(move.current).workload.template


def after(move: Move) -> dict[str, Any]:
    """The pod template to roll back to."""
    return facts(move.to).revision.template


def change(move: Move) -> WorkloadChange:
    current, to, known = facts(move.current), facts(move.to), of(move.target)
    location = Location(known.context, known.namespace)
    return WorkloadChange(location, current.workload, current.revision, to.revision, to.until)
