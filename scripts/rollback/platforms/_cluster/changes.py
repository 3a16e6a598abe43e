"""A change of one workload from one revision to another, as the preflight checks see it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from rollback.platforms._cluster.details import Location
from rollback.platforms._cluster.revisions import Revision
from rollback.platforms._cluster.workloads import Workload


class WorkloadChange(Struct, frozen=True):
    """`workload` is the live object.

    `until`: when `after` stopped serving, "" where it is not known. `spec`: the live one, unless
    the change brings another strategy or number of pods.
    """

    location: Location
    workload: Workload
    before: Revision
    after: Revision
    until: str = ""
    new_spec: Mapping[str, Any] | None = None

    @property
    def spec(self) -> Mapping[str, Any]:
        return self.workload.raw["spec"] if self.new_spec is None else self.new_spec
