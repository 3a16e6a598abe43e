"""The progress of a workload's rollout."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from rollback.platforms._cluster.workloads import Workload


class Pods(Struct, frozen=True):
    """Counts of pods in the status of a workload."""

    desired: int
    present: int
    updated: int
    available: int


def unfinished(workload: Workload) -> str:
    """Return what the rollout still waits for, empty when it is complete."""
    status = workload.raw.get("status") or {}
    if status.get("observedGeneration", 0) < workload.meta.get("generation", 0):
        return "its controller has not seen the change yet"
    pods = _pods(workload)
    if pods.updated < pods.desired:
        return f"{pods.updated} of {pods.desired} pods updated{_on_delete(workload)}"
    if pods.present > pods.desired:
        return f"{pods.present - pods.desired} old pods still running"
    if pods.available < pods.desired:
        return f"{pods.available} of {pods.desired} pods available"
    return ""


def lacks_updated(workload: Workload) -> bool:
    """Whether pods of an older template are left."""
    pods = _pods(workload)
    return pods.updated < pods.desired


def _pods(workload: Workload) -> Pods:
    status = workload.raw.get("status") or {}
    return _of_daemonset(status) if workload.kind == "daemonset" else _replicas(workload, status)


def _of_daemonset(status: dict[str, Any]) -> Pods:
    return Pods(
        status.get("desiredNumberScheduled", 0),
        status.get("currentNumberScheduled", 0),
        status.get("updatedNumberScheduled", 0),
        status.get("numberAvailable", 0),
    )


def _replicas(workload: Workload, status: dict[str, Any]) -> Pods:
    """Count replicas; pods below the partition of a StatefulSet stay as they are."""
    spec = workload.raw["spec"]
    rolling = (spec.get("updateStrategy") or {}).get("rollingUpdate") or {}
    desired, updated = spec.get("replicas", 1), status.get("updatedReplicas", 0)
    if updated >= desired - rolling.get("partition", 0):
        updated = desired
    return Pods(desired, status.get("replicas", 0), updated, status.get("availableReplicas", 0))


def _on_delete(workload: Workload) -> str:
    strategy = workload.raw["spec"].get("updateStrategy") or {}
    if strategy.get("type") != "OnDelete":
        return ""
    return ": with OnDelete the others stay until they are deleted"
