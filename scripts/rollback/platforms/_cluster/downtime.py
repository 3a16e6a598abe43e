"""Does replacing the pods of a workload leave a moment in which none of them serves?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from rollback.model import Finding
from rollback.platforms._cluster.names import listed
from rollback.platforms._cluster.workloads import Workload

_ONLY_POD = "its only pod ends before the new one serves"
_ON_DELETE = (
    "with OnDelete its only pod is away from when somebody deletes it until the new one serves"
)
_RECREATE = "strategy Recreate ends all pods before new ones start"


def findings(workloads: Iterable[Workload]) -> list[Finding]:
    """One for each reason. The workloads have the strategy that counts, and the live status."""
    keys: dict[str, list[str]] = {}
    for workload in workloads:
        if why := reason(workload):
            keys.setdefault(why, []).append(workload.key)
    fix = "requests fail meanwhile: choose the moment"
    return [
        Finding("warning", "downtime", f"{listed(names)}: {why}", fix)
        for why, names in keys.items()
    ]


def reason(workload: Workload) -> str:
    """Empty where some pod serves all the time, and where none serves now."""
    return _OF_KIND[workload.kind](workload.raw["spec"], workload.raw.get("status") or {})


def _deployment(spec: Mapping[str, Any], status: Mapping[str, Any]) -> str:
    wanted, strategy = spec.get("replicas", 1), spec.get("strategy") or {}
    if not wanted or not status.get("readyReplicas"):
        return ""
    if strategy.get("type") == "Recreate":
        return _RECREATE
    rolling = strategy.get("rollingUpdate") or {}
    limit = rolling.get("maxUnavailable", "25%")
    unavailable = _count(limit, wanted)
    if not unavailable and not _count(rolling.get("maxSurge", "25%"), wanted, up=True):
        unavailable = 1  # as the controller rounds it: without either a rollout could not go on
    return _all_at_once(limit, wanted) if unavailable >= wanted else ""


def _statefulset(spec: Mapping[str, Any], status: Mapping[str, Any]) -> str:
    wanted, update = spec.get("replicas", 1), spec.get("updateStrategy") or {}
    rolling = update.get("rollingUpdate") or {}
    if not wanted or not status.get("readyReplicas") or rolling.get("partition"):
        return ""
    if update.get("type") == "OnDelete":
        return _ON_DELETE if wanted == 1 else ""
    limit = rolling.get("maxUnavailable", 1)
    return _all_at_once(limit, wanted) if max(1, _count(limit, wanted)) >= wanted else ""


def _daemonset(spec: Mapping[str, Any], status: Mapping[str, Any]) -> str:
    wanted, update = status.get("desiredNumberScheduled", 0), spec.get("updateStrategy") or {}
    if not wanted or not status.get("numberReady"):
        return ""
    if update.get("type") == "OnDelete":
        return _ON_DELETE if wanted == 1 else ""
    rolling = update.get("rollingUpdate") or {}
    limit = rolling.get("maxUnavailable", 1)
    surge = _count(rolling.get("maxSurge", 0), wanted, up=True)
    all_end = not surge and _count(limit, wanted, up=True) >= wanted
    return _all_at_once(limit, wanted) if all_end else ""


_OF_KIND = {"deployment": _deployment, "statefulset": _statefulset, "daemonset": _daemonset}


def _all_at_once(limit: Any, wanted: int) -> str:
    return _ONLY_POD if wanted == 1 else f"maxUnavailable {limit} lets all its pods end at once"


def _count(limit: Any, of: int, up: bool = False) -> int:
    """A number, or a share of the pods as the controllers round it."""
    if isinstance(limit, str):
        share = of * int(limit.rstrip("%"))
        return -(-share // 100) if up else share // 100
    return int(limit)
