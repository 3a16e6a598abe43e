"""The details of a Kubernetes target in a plan, and the facts of its releases while planning."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import Struct

from rollback.platforms._details import details_of, facts_of
from rollback.model import Move, Release
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
    """Facts of a release of one workload.

    `until`: when it stopped serving; `state`: for the live release, what was read with it.
    """

    workload: Workload
    revision: Revision
    until: str = ""
    state: NamespaceState | None = None


class SetFacts(Struct, frozen=True):
    """Facts of a release of several workloads: the release of each app."""

    parts: dict[str, Release]


of = details_of(Details)
facts = facts_of(Facts)


def before(move: Move) -> dict[str, Any]:
    """Return the live pod template."""
    return facts(move.current).workload.template


def after(move: Move) -> dict[str, Any]:
    """Return the pod template to roll back to."""
    return facts(move.to).revision.template


def change(move: Move) -> WorkloadChange:
    current, to, details = facts(move.current), facts(move.to), of(move.target)
    location = Location(details.context, details.namespace)
    return WorkloadChange(location, current.workload, current.revision, to.revision, to.until)
