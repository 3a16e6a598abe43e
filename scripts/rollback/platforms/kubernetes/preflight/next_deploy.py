"""What the next deploy of the moved workloads will trip over."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from rollback.model import Finding
from rollback.platforms._cluster.changes import WorkloadChange
from rollback.platforms._cluster.preflight import next_deploy
from rollback.platforms._cluster.preflight.next_deploy import MOST, Written
from rollback.platforms._cluster.workloads import KINDS


def paths(changes: Sequence[WorkloadChange]) -> list[str]:
    """Return the API paths of whole objects: lists are kept without managed fields."""
    return [
        f"/apis/apps/v1/namespaces/{change.location.namespace}"
        f"/{KINDS[change.workload.kind]}/{change.workload.name}"
        for change in changes[:MOST]
    ]


def findings(changes: Sequence[WorkloadChange], objects: Sequence[Any]) -> Iterator[Finding]:
    """`objects`: the answers to paths(), None where one may not be read."""
    written = [
        Written(change.workload.key, raw, change.workload.template, change.after.template)
        for change, raw in zip(changes, objects, strict=False)
        if raw
    ]
    yield from next_deploy.conflicts(written)
    numbers = sorted({change.after.number for change in changes})
    release = f"revision {numbers[0]}" if len(numbers) == 1 else "the release rolled back to"
    yield from next_deploy.kept(written, changes[0].location.namespace, release)
