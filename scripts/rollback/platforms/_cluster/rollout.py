"""How far the rollout of a workload has come."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from rollback.platforms._cluster.workloads import Workload


class Pods(Struct, frozen=True):
    """Numbers of pods that a workload's status reports."""

    wanted: int
    present: int
    updated: int
    available: int


def unfinished(workload: Workload) -> str:
    """What still has to happen, empty when the rollout is complete."""
    status = workload.raw.get("status") or {}
    if status.get("observedGeneration", 0) < workload.meta.get("generation", 0):
        return "its controller has not seen the change yet"
    pods = _of_daemonset(status) if workload.kind == "daemonset" else _replicas(workload, status)
    if pods.updated < pods.wanted:
        return f"{pods.updated} of {pods.wanted} pods updated{_on_delete(workload)}"
    if pods.present > pods.wanted:
        return f"{pods.present - pods.wanted} old pods still there"
    if pods.available < pods.wanted:
        return f"{pods.available} of {pods.wanted} pods available"
    return ""


def _of_daemonset(status: dict[str, Any]) -> Pods:
    return Pods(
        status.get("desiredNumberScheduled", 0),
        status.get("currentNumberScheduled", 0),
        status.get("updatedNumberScheduled", 0),
        status.get("numberAvailable", 0),
    )


def _replicas(workload: Workload, status: dict[str, Any]) -> Pods:
    """Pods below the partition of a StatefulSet stay as they are."""
    spec = workload.raw["spec"]
    rolling = (spec.get("updateStrategy") or {}).get("rollingUpdate") or {}
    wanted, updated = spec.get("replicas", 1), status.get("updatedReplicas", 0)
    if updated >= wanted - rolling.get("partition", 0):
        updated = wanted
    return Pods(wanted, status.get("replicas", 0), updated, status.get("availableReplicas", 0))


def _on_delete(workload: Workload) -> str:
    strategy = workload.raw["spec"].get("updateStrategy") or {}
    if strategy.get("type") != "OnDelete":
        return ""
    return ": with OnDelete somebody has to delete the others"
