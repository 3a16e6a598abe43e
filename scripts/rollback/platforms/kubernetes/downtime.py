"""Does replacing the pods of a workload leave a moment in which none of them serves?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from rollback.model import Finding
from rollback.platforms.kubernetes.workloads import Workload

FEW = 3
_ONE = "its only pod ends before the new one serves"
_BY_HAND = (
    "with OnDelete its only pod is away from when somebody deletes it until the new one serves"
)


def findings(workloads: Iterable[Workload]) -> list[Finding]:
    """One for each reason."""
    found: dict[str, list[str]] = {}
    for one in workloads:
        if why := reason(one):
            found.setdefault(why, []).append(one.key)
    return [
        Finding(
            "warning",
            "downtime",
            f"{_listed(names)}: {why}",
            "requests fail meanwhile: choose the moment",
        )
        for why, names in found.items()
    ]


def reason(workload: Workload) -> str:
    """Empty where some pod serves all the time, and where none serves now."""
    return _OF_KIND[workload.kind](workload.raw["spec"], workload.raw.get("status") or {})


def _deployment(spec: Mapping[str, Any], status: Mapping[str, Any]) -> str:
    wanted, strategy = spec.get("replicas", 1), spec.get("strategy") or {}
    if not wanted or not status.get("readyReplicas"):
        return ""
    if strategy.get("type") == "Recreate":
        return "strategy Recreate ends all pods before new ones start"
    rolling = strategy.get("rollingUpdate") or {}
    limit = rolling.get("maxUnavailable", "25%")
    # the server needs one of the two to get on
    away = _count(limit, wanted) or (
        0 if _count(rolling.get("maxSurge", "25%"), wanted, up=True) else 1
    )
    return _all_at_once(limit, wanted) if away >= wanted else ""


def _statefulset(spec: Mapping[str, Any], status: Mapping[str, Any]) -> str:
    wanted, update = spec.get("replicas", 1), spec.get("updateStrategy") or {}
    rolling = update.get("rollingUpdate") or {}
    if not wanted or not status.get("readyReplicas") or rolling.get("partition"):
        return ""
    if update.get("type") == "OnDelete":
        return _BY_HAND if wanted == 1 else ""
    limit = rolling.get("maxUnavailable", 1)
    return _all_at_once(limit, wanted) if max(1, _count(limit, wanted)) >= wanted else ""


def _daemonset(spec: Mapping[str, Any], status: Mapping[str, Any]) -> str:
    wanted, update = status.get("desiredNumberScheduled", 0), spec.get("updateStrategy") or {}
    rolling = update.get("rollingUpdate") or {}
    if not wanted or not status.get("numberReady"):
        return ""
    if update.get("type") == "OnDelete":
        return _BY_HAND if wanted == 1 else ""
    limit = rolling.get("maxUnavailable", 1)
    beside = _count(rolling.get("maxSurge", 0), wanted, up=True)
    return (
        _all_at_once(limit, wanted)
        if not beside and _count(limit, wanted, up=True) >= wanted
        else ""
    )


_OF_KIND = {"deployment": _deployment, "statefulset": _statefulset, "daemonset": _daemonset}


def _all_at_once(limit: Any, wanted: int) -> str:
    return _ONE if wanted == 1 else f"maxUnavailable {limit} lets all its pods end at once"


def _count(limit: Any, of: int, up: bool = False) -> int:
    """A number, or a share of the pods as the controllers round it."""
    if isinstance(limit, str):
        share = of * int(limit.rstrip("%"))
        return -(-share // 100) if up else share // 100
    return int(limit)


def _listed(names: list[str]) -> str:
    return ", ".join(names[:FEW]) + (f" and {len(names) - FEW} more" if len(names) > FEW else "")
