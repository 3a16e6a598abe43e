"""Workloads whose pods the rollback replaces in a way that leaves none serving: by the strategy that the target will have."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rollback.model import Finding
from rollback.platforms.helm.differences import compare
from rollback.platforms.helm.manifest import WORKLOADS, Key
from rollback.platforms.helm.preflight.pair import Pair
from rollback.platforms.kubernetes import downtime
from rollback.platforms.kubernetes.workloads import Workload

_FIELDS = ("replicas", "strategy", "updateStrategy")


def findings(both: Pair, live: Mapping[Key, Mapping[str, Any]]) -> list[Finding]:
    return downtime.findings(_replaced(both, live))


def _replaced(both: Pair, live: Mapping[Key, Mapping[str, Any]]) -> Iterator[Workload]:
    for key, then in both.then.items():
        if key not in live or key[1] not in WORKLOADS:
            continue
        there, wanted, before = (
            live[key],
            then.get("spec") or {},
            both.now.get(key, {}).get("spec") or {},
        )
        if wanted.get("template") != before.get("template") or [
            *compare("template", wanted["template"], there["spec"]["template"])
        ]:
            parts = (
                {name: spec[name] for name in _FIELDS if name in spec}
                for spec in (before, wanted, there["spec"])
            )
            yield Workload(WORKLOADS[key[1]], {**there, "spec": merged(*parts)})


def merged(before: Any, after: Any, live: Any) -> Any:
    """As Helm merges: what `before` had and `after` has no more goes, what neither names stays as it is."""
    if not isinstance(after, Mapping):
        return after
    before, live = (one if isinstance(one, Mapping) else {} for one in (before, live))
    kept = {name: value for name, value in live.items() if name not in before}
    return {
        **kept,
        **{
            name: merged(before.get(name), value, live.get(name))
            for name, value in after.items()
            if value is not None
        },
    }
