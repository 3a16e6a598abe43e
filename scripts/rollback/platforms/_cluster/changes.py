"""A change of one workload from one revision to another, as the preflight checks see it."""

from __future__ import annotations

from msgspec import Struct

from rollback.platforms._cluster.details import Location
from rollback.platforms._cluster.revisions import Revision
from rollback.platforms._cluster.workloads import Workload


class WorkloadChange(Struct, frozen=True):
    """`workload` is the live object.

    `until`: when `after` stopped serving, "" where it is not known.
    """

    location: Location
    workload: Workload
    before: Revision
    after: Revision
    until: str = ""
