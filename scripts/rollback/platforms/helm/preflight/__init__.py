"""What has to hold before a release is rolled back, and what will not stay as it is left."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rollback.errors import RollbackError
from rollback.model import Finding, Move
from rollback.platforms._cluster import lease
from rollback.platforms._cluster.kubectl import find
from rollback.platforms.helm import details
from rollback.platforms.helm.preflight import (
    api_versions,
    deletions,
    downtime,
    drift,
    dry_run,
    existing,
    hooks,
    immutable,
    live_objects,
    pending,
    permissions,
    workloads,
)
from rollback.platforms.helm.preflight.comparison import Comparison, compare
from rollback.shell import Shell


def preflight(moves: Sequence[Move], shell: Shell) -> Iterable[Finding]:
    if not moves:
        return
    locations = [details.of(move.target) for move in moves]
    (leases,) = find(shell, locations[0], lease.path(locations[0].namespace))
    yield from lease.findings(locations, leases)
    yield from permissions.findings(locations, shell)
    for move in moves:
        try:
            comparison = compare(move)
        except RollbackError as error:
            message = f"release {move.target.app}: {error.message}"
            yield Finding("blocker", error.code, message, error.fix)
            continue
        yield from _of_release(comparison, shell)


def _of_release(comparison: Comparison, shell: Shell) -> Iterable[Finding]:
    keys = [*comparison.before, *comparison.after]
    live = live_objects.read(shell, comparison.location, keys)
    yield from pending.findings(comparison)
    yield from deletions.findings(comparison)
    yield from immutable.findings(comparison, live)
    yield from existing.findings(comparison, shell)
    yield from hooks.findings(comparison)
    yield from drift.findings(comparison, live)
    yield from downtime.findings(comparison, live)
    yield from workloads.findings(comparison, live, shell)
    yield from api_versions.findings(comparison, shell)
    yield from dry_run.findings(comparison, shell)
