"""Quota, disruption budgets, cordoned nodes and autoscalers.

They could keep old pods from starting beside the new ones, or change their number.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rollback.model import Finding
from rollback.platforms._cluster.workloads import Workload

Objects = Sequence[Mapping[str, Any]]


def paths(namespace: str) -> tuple[str, ...]:
    return (
        f"/api/v1/namespaces/{namespace}/resourcequotas",
        f"/apis/autoscaling/v2/namespaces/{namespace}/horizontalpodautoscalers",
        f"/apis/policy/v1/namespaces/{namespace}/poddisruptionbudgets",
        "/api/v1/nodes?fieldSelector=spec.unschedulable%3Dtrue",
    )


def findings(workloads: Sequence[Workload], answers: Sequence[Any]) -> Iterator[Finding]:
    """Report limits. `answers`: the lists of paths(), None where one may not be read."""
    quotas, scalers, budgets, cordoned = ((answer or {}).get("items") or [] for answer in answers)
    surge = max(map(_surge, workloads), default=0)
    for quota in quotas:
        yield from _pods(surge, quota)
        yield from _used_up(surge, quota)
    for scaler in scalers:
        yield from _autoscaler(workloads, scaler)
    for budget in budgets:
        yield from _budget(workloads, budget)
    if cordoned:
        yield _nodes(cordoned)


def _pods(surge: int, quota: Mapping[str, Any]) -> Iterator[Finding]:
    """A rollout needs quota for its surge; a Deployment without surge removes a pod first."""
    hard, used = _limits(quota)
    if "pods" in hard and int(hard["pods"]) - int(used.get("pods", 0)) < surge:
        count = f"{used.get('pods', 0)} of {hard['pods']} pods are in use"
        name = quota["metadata"]["name"]
        message = f"quota {name}: {count}, too few are left for old pods beside the new ones"
        fix = "raise it, or delete pods: the rollout will wait otherwise"
        yield Finding("warning", "quota", message, fix)


def _used_up(surge: int, quota: Mapping[str, Any]) -> Iterator[Finding]:
    hard, used = _limits(quota)
    full = [
        name
        for name, limit in sorted(hard.items())
        if name != "pods" and limit != "0" and used.get(name) == limit
    ]
    if full and surge:
        name = quota["metadata"]["name"]
        message = f"quota {name} is used up: {', '.join(full)}; no additional pods can start"
        yield Finding("warning", "quota", message, "raise it, or free some of it")


def _limits(quota: Mapping[str, Any]) -> tuple[Mapping[str, str], Mapping[str, str]]:
    status = quota.get("status") or {}
    return status.get("hard") or {}, status.get("used") or {}


def _surge(workload: Workload) -> int:
    """Pods that a rollout starts before it removes one."""
    strategy = workload.raw["spec"].get("strategy") or {}
    if workload.kind != "deployment" or strategy.get("type") == "Recreate":
        return 0
    surge = (strategy.get("rollingUpdate") or {}).get("maxSurge", "25%")
    if not isinstance(surge, str):
        return int(surge)
    replicas: int = workload.raw["spec"].get("replicas", 1)
    return -(-replicas * int(surge.rstrip("%")) // 100)


def _autoscaler(workloads: Sequence[Workload], scaler: Mapping[str, Any]) -> Iterator[Finding]:
    about = scaler["spec"]["scaleTargetRef"]
    for workload in workloads:
        if (workload.kind, workload.name) == (about["kind"].lower(), about["name"]):
            name = scaler["metadata"]["name"]
            message = f"{workload.key} is scaled by {name}: the number of pods does not change"
            yield Finding("note", "autoscaler", message)


def _budget(workloads: Sequence[Workload], budget: Mapping[str, Any]) -> Iterator[Finding]:
    labels = (budget["spec"].get("selector") or {}).get("matchLabels") or {}
    if not labels or (budget.get("status") or {}).get("disruptionsAllowed") != 0:
        return
    for workload in workloads:
        pod_labels = (workload.template.get("metadata") or {}).get("labels") or {}
        if workload.kind == "statefulset" and labels.items() <= pod_labels.items():
            name = budget["metadata"]["name"]
            message = (
                f"{name} currently allows no eviction of pods of {workload.key}"
                " (rollouts are not evictions)"
            )
            yield Finding("note", "disruption-budget", message)


def _nodes(cordoned: Objects) -> Finding:
    names = [node["metadata"]["name"] for node in cordoned]
    shown = ", ".join(names[:3]) + (" ..." if len(names) > 3 else "")
    message = f"{len(names)} node(s) are cordoned: {shown}; old pods must fit on the others"
    return Finding("note", "nodes-cordoned", message)
