"""Whether the cluster lets the pods of the target's workloads start."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rollback.platforms._cluster.details import Location
from rollback.platforms._cluster.preflight import pod_dry_run
from rollback.platforms._cluster.preflight.pod_dry_run import Candidate, Result
from rollback.platforms.helm.manifest import WORKLOADS, Key, workloads
from rollback.platforms.helm.preflight.comparison import Comparison, LiveObjects
from rollback.shell import Shell


def ask(comparison: Comparison, live: LiveObjects, shell: Shell) -> list[Result]:
    """Try them; what the rollback itself brings back is not missing."""
    candidates = [
        _candidate(comparison, key, manifest, live.get(key))
        for key, manifest in workloads(comparison.after)
    ]
    existing = [(key.kind, key.name) for key in comparison.after]
    return [pod_dry_run.without(each, existing) for each in pod_dry_run.ask(candidates, shell)]


def _candidate(
    comparison: Comparison,
    key: Key,
    manifest: Mapping[str, Any],
    live: Mapping[str, Any] | None,
) -> Candidate:
    return Candidate(
        location=Location(comparison.location.context, key.namespace),
        key=f"{WORKLOADS[key.kind]}/{key.name}",
        name=key.name,
        release=f"revision {comparison.target.number} of {comparison.release}",
        raw=live or manifest,
        template=_template(manifest),
        live=_template(live) if live else None,
    )


def _template(raw: Mapping[str, Any]) -> Mapping[str, Any]:
    return (raw.get("spec") or {}).get("template") or {}
