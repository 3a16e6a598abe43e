"""Workloads whose pods the rollback replaces in a way that leaves none serving."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rollback.model import Finding
from rollback.platforms._cluster import downtime
from rollback.platforms._cluster.workloads import Workload
from rollback.platforms.helm import differences
from rollback.platforms.helm.manifest import WORKLOADS, workloads
from rollback.platforms.helm.preflight.comparison import Comparison, LiveObjects

_FIELDS = ("replicas", "strategy", "updateStrategy")

Spec = Mapping[str, Any]


def findings(comparison: Comparison, live: LiveObjects) -> list[Finding]:
    return downtime.findings(_replaced(comparison, live))


def _replaced(comparison: Comparison, live: LiveObjects) -> Iterator[Workload]:
    """Yield the workloads whose pods are replaced, with the spec that they will have."""
    for key, manifest in workloads(comparison.after):
        if key not in live:
            continue
        before: Spec = comparison.before.get(key, {}).get("spec") or {}
        after: Spec = manifest.get("spec") or {}
        now: Spec = live[key]["spec"]
        if replaces_pods(before, after, now):
            spec = merged(_strategy(before), _strategy(after), _strategy(now))
            yield Workload(WORKLOADS[key.kind], {**live[key], "spec": spec})


def replaces_pods(before: Spec, after: Spec, live: Spec) -> bool:
    template = after.get("template")
    edited = differences.compare("template", template, live["template"])
    return template != before.get("template") or any(edited)


def _strategy(spec: Spec) -> Spec:
    return {name: spec[name] for name in _FIELDS if name in spec}


def merged(before: Any, after: Any, live: Any) -> Any:
    """Merge as Helm does.

    A field that only `before` had goes, one that neither names stays as it is.
    """
    if not isinstance(after, Mapping):
        return after
    before, live = _mapping(before), _mapping(live)
    kept = {name: value for name, value in live.items() if name not in before}
    wanted = {
        name: merged(before.get(name), value, live.get(name))
        for name, value in after.items()
        if value is not None
    }
    return {**kept, **wanted}


def _mapping(value: Any) -> Spec:
    return value if isinstance(value, Mapping) else {}
