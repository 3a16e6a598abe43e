"""What could keep old pods from starting beside the new ones, and what moves on its own: quota, disruption budgets, nodes, autoscalers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rollback.model import Finding, Move
from rollback.platforms.kubernetes.workloads import Workload


def paths(namespace: str) -> tuple[str, ...]:
    return (
        f"/api/v1/namespaces/{namespace}/resourcequotas",
        f"/apis/autoscaling/v2/namespaces/{namespace}/horizontalpodautoscalers",
        f"/apis/policy/v1/namespaces/{namespace}/poddisruptionbudgets",
        "/api/v1/nodes?fieldSelector=spec.unschedulable%3Dtrue",
    )


def findings(moves: Sequence[Move], answers: Sequence[Any]) -> Iterator[Finding]:
    quotas, scalers, budgets, cordoned = ((answer or {}).get("items") or [] for answer in answers)
    workloads = [move.current.facts["workload"] for move in moves]
    yield from _quota(workloads, quotas)
    for scaler in scalers:
        about = scaler["spec"]["scaleTargetRef"]
        if key := next(
            (
                one.key
                for one in workloads
                if (one.kind, one.name) == (about["kind"].lower(), about["name"])
            ),
            None,
        ):
            yield Finding(
                "note",
                "autoscaler",
                f"{key} is scaled by {scaler['metadata']['name']}: the number of pods stays today's",
            )
    for budget in budgets:
        yield from _budget(workloads, budget)
    if names := [node["metadata"]["name"] for node in cordoned]:
        message = f"{len(names)} node(s) take no new pods: {', '.join(names[:3])}{' ...' if len(names) > 3 else ''}"
        yield Finding("note", "nodes-cordoned", f"{message}; old pods need room on the others")


def _quota(workloads: Sequence[Workload], quotas: Sequence[Mapping[str, Any]]) -> Iterator[Finding]:
    """A rollout needs room for its surge; a Deployment without surge makes room first."""
    needs = max((_surge(one) for one in workloads), default=0)
    for quota in quotas:
        status = quota.get("status") or {}
        hard, used = status.get("hard") or {}, status.get("used") or {}
        if "pods" in hard and int(hard["pods"]) - int(used.get("pods", 0)) < needs:
            count = f"{used.get('pods', 0)} of {hard['pods']} pods are in use"
            message = f"quota {quota['metadata']['name']}: {count}, no room for old pods beside the new ones"
            yield Finding(
                "warning", "quota", message, "raise it, or free pods: the rollout waits otherwise"
            )
        full = sorted(
            name
            for name, limit in hard.items()
            if name != "pods" and used.get(name) == limit and limit != "0"
        )
        if full and needs:
            message = f"quota {quota['metadata']['name']} is used up: {', '.join(full)}; pods beside the present ones cannot start"
            yield Finding("warning", "quota", message, "raise it, or free some")


def _surge(workload: Workload) -> int:
    """Pods that a rollout makes before it removes one."""
    if workload.kind != "deployment":
        return 0
    update = workload.raw["spec"].get("strategy") or {}
    surge = (
        (update.get("rollingUpdate") or {}).get("maxSurge", "25%")
        if update.get("type") != "Recreate"
        else 0
    )
    replicas = workload.raw["spec"].get("replicas", 1)
    return -(-replicas * int(surge.rstrip("%")) // 100) if isinstance(surge, str) else int(surge)


def _budget(workloads: Sequence[Workload], budget: Mapping[str, Any]) -> Iterator[Finding]:
    labels = (budget["spec"].get("selector") or {}).get("matchLabels") or {}
    for one in workloads:
        own = (one.template.get("metadata") or {}).get("labels") or {}
        stuck = (
            one.kind == "statefulset"
            and (budget.get("status") or {}).get("disruptionsAllowed") == 0
        )
        if labels and stuck and labels.items() <= own.items():
            yield Finding(
                "note",
                "disruption-budget",
                f"{budget['metadata']['name']} allows no eviction of pods of {one.key} now (rollouts are not evictions)",
            )
