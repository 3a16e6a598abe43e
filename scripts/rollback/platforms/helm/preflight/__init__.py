"""What has to hold before a release is rolled back, and what will not stay as it is left."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor

from rollback.errors import RollbackError
from rollback.model import Finding, Move
from rollback.platforms._cluster import lease
from rollback.platforms._cluster.kubectl import find
from rollback.platforms._cluster.preflight import pod_dry_run, server_warnings
from rollback.platforms.helm import details
from rollback.platforms.helm.preflight import (
    accounts,
    api_versions,
    deletions,
    downtime,
    drift,
    dry_run,
    duplicates,
    existing,
    hooks,
    hooks_left,
    immutable,
    kinds,
    live_objects,
    next_deploy,
    pending,
    permissions,
    pods,
    read_at_start,
    services,
    workloads,
)
from rollback.platforms.helm.preflight.comparison import Comparison, LiveObjects, compare
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
    with ThreadPoolExecutor(1) as pool:
        of_pods = pool.submit(pods.ask, comparison, live, shell)
        reported = list(_beside(comparison, live, shell))
    yield from reported
    yield from pod_dry_run.findings(of_pods.result(), reported)
    untested = not all(result.accepted for result in of_pods.result())
    yield from server_warnings.of_workloads(dry_run.findings(comparison, shell), untested)


def _beside(comparison: Comparison, live: LiveObjects, shell: Shell) -> Iterable[Finding]:
    yield from pending.findings(comparison)
    yield from deletions.findings(comparison)
    yield from immutable.findings(comparison, live)
    yield from accounts.findings(comparison, live)
    yield from duplicates.findings(comparison)
    yield from existing.findings(comparison, shell)
    yield from hooks.findings(comparison, live)
    yield from hooks_left.findings(comparison, shell)
    yield from drift.findings(comparison, live)
    yield from downtime.findings(comparison, live)
    yield from read_at_start.findings(comparison, live)
    yield from workloads.findings(comparison, live, shell)
    yield from services.findings(comparison, live, shell)
    yield from next_deploy.findings(comparison, live)
    yield from api_versions.findings(comparison, shell)
    yield from kinds.findings(comparison, shell)
