"""Workloads whose pods are replaced in a way that leaves none of them serving for a moment."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from rollback.model import Finding
from rollback.platforms._cluster.names import listed
from rollback.platforms._cluster.workloads import Workload

_ONLY_POD = "its only pod stops before the new one is ready"
_ON_DELETE = "with OnDelete its only pod is down from its deletion until the new one is ready"
_RECREATE = "strategy Recreate stops all pods before new ones start"


def findings(workloads: Iterable[Workload]) -> list[Finding]:
    """Return one for each reason.

    The workloads have the strategy that applies, and the live status.
    """
    keys: dict[str, list[str]] = {}
    for workload in workloads:
        if why := reason(workload):
            keys.setdefault(why, []).append(workload.key)
    fix = "requests will fail meanwhile: choose the time"
    return [
        Finding("warning", "downtime", f"{listed(names)}: {why}", fix)
        for why, names in keys.items()
    ]


def reason(workload: Workload) -> str:
    """Return why no pod serves for a moment; empty where one always does, or none does now."""
    return _OF_KIND[workload.kind](workload.raw["spec"], workload.raw.get("status") or {})


def _deployment(spec: Mapping[str, Any], status: Mapping[str, Any]) -> str:
    replicas, strategy = spec.get("replicas", 1), spec.get("strategy") or {}
    if not replicas or not status.get("readyReplicas"):
        return ""
    if strategy.get("type") == "Recreate":
        return _RECREATE
    rolling = strategy.get("rollingUpdate") or {}
    limit = rolling.get("maxUnavailable", "25%")
    unavailable = _count(limit, replicas)
    if not unavailable and not _count(rolling.get("maxSurge", "25%"), replicas, up=True):
        unavailable = 1  # as the controller rounds it: without either a rollout could not go on
    return _all_at_once(limit, replicas) if unavailable >= replicas else ""


def _statefulset(spec: Mapping[str, Any], status: Mapping[str, Any]) -> str:
    replicas, update = spec.get("replicas", 1), spec.get("updateStrategy") or {}
    rolling = update.get("rollingUpdate") or {}
    if not replicas or not status.get("readyReplicas") or rolling.get("partition"):
        return ""
    if update.get("type") == "OnDelete":
        return _ON_DELETE if replicas == 1 else ""
    limit = rolling.get("maxUnavailable", 1)
    return _all_at_once(limit, replicas) if max(1, _count(limit, replicas)) >= replicas else ""


def _daemonset(spec: Mapping[str, Any], status: Mapping[str, Any]) -> str:
    replicas, update = status.get("desiredNumberScheduled", 0), spec.get("updateStrategy") or {}
    if not replicas or not status.get("numberReady"):
        return ""
    if update.get("type") == "OnDelete":
        return _ON_DELETE if replicas == 1 else ""
    rolling = update.get("rollingUpdate") or {}
    limit = rolling.get("maxUnavailable", 1)
    surge = _count(rolling.get("maxSurge", 0), replicas, up=True)
    all_stop = not surge and _count(limit, replicas, up=True) >= replicas
    return _all_at_once(limit, replicas) if all_stop else ""


_OF_KIND = {"deployment": _deployment, "statefulset": _statefulset, "daemonset": _daemonset}


def _all_at_once(limit: Any, replicas: int) -> str:
    return _ONLY_POD if replicas == 1 else f"maxUnavailable {limit} lets all its pods stop at once"


def _count(limit: Any, of: int, up: bool = False) -> int:
    """A number, or a share of the pods as the controllers round it."""
    if isinstance(limit, str):
        share = of * int(limit.rstrip("%"))
        return -(-share // 100) if up else share // 100
    return int(limit)
