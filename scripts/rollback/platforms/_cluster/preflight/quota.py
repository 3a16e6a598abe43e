"""Quota, disruption budgets, cordoned nodes and autoscalers.

They could keep old pods from starting beside the new ones, or change their number.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rollback.model import Finding
from rollback.platforms._cluster.changes import WorkloadChange
from rollback.platforms._cluster.names import listed
from rollback.platforms._cluster.preflight import pod_quota
from rollback.platforms._cluster.preflight.pod_quota import Defaults, QuotaState
from rollback.platforms._cluster.workloads import Workload

Objects = Sequence[Mapping[str, Any]]


def paths(namespace: str) -> tuple[str, ...]:
    return (
        f"/api/v1/namespaces/{namespace}/resourcequotas",
        f"/api/v1/namespaces/{namespace}/limitranges",
        f"/apis/autoscaling/v2/namespaces/{namespace}/horizontalpodautoscalers",
        f"/apis/policy/v1/namespaces/{namespace}/poddisruptionbudgets",
        "/api/v1/nodes?fieldSelector=spec.unschedulable%3Dtrue",
    )


def findings(changes: Sequence[WorkloadChange], answers: Sequence[Any]) -> Iterator[Finding]:
    """Report limits. `answers`: the lists of paths(), None where one may not be read."""
    quotas, ranges, scalers, budgets, cordoned = (
        (answer or {}).get("items") or [] for answer in answers
    )
    defaults = pod_quota.defaults(ranges)
    workloads = [change.workload for change in changes]
    for quota in quotas:
        yield from _quota(changes, quota, defaults)
    for scaler in scalers:
        yield from _autoscaler(changes, scaler)
    for budget in budgets:
        yield from _budget(workloads, budget)
    if cordoned:
        yield _nodes(cordoned)


def _quota(
    changes: Sequence[WorkloadChange], quota: Mapping[str, Any], defaults: Defaults
) -> Iterator[Finding]:
    """Block what cannot finish while the quota stays; warn of what has to wait for other pods."""
    about, waiting = f"quota {quota['metadata']['name']}", list[str]()
    for change in changes:
        state = pod_quota.state(change, quota, defaults)
        certain = not pod_quota.is_partial(quota)
        if certain and state.too_large:
            yield _too_large(change, about, state)
        elif certain and state.stalls:
            yield _stalls(change, about, state)
        elif state.short or state.too_large:
            waiting.append(change.workload.key)
    if waiting:
        message = f"{about}: too little is left for pods of {listed(waiting)} beside those that run"
        fix = "raise it, or delete pods: the rollout will wait otherwise"
        yield Finding("warning", "quota", message, fix)


def _too_large(change: WorkloadChange, about: str, state: QuotaState) -> Finding:
    message = (
        f"{about}: the pods of revision {change.after.number} of {change.workload.key} need more"
        f" than it allows ({state.too_large}): the rollout would never finish"
    )
    fix = f"raise the quota, or run fewer pods first: {_scale(change)}"
    return Finding("blocker", "quota-full", message, fix)


def _stalls(change: WorkloadChange, about: str, state: QuotaState) -> Finding:
    message = (
        f"{about} is full ({state.short}), and the rollout of {change.workload.key} may stop no pod"
        " before a new one is ready (maxUnavailable rounds to 0): it would never finish"
    )
    patch = '{"spec": {"strategy": {"rollingUpdate": {"maxUnavailable": 1}}}}'
    kubectl = f"kubectl -n {change.location.namespace}"
    allow = f"{kubectl} patch {change.workload.key} -p '{patch}'"
    fix = f"raise the quota, let it stop a pod first ({allow}), or run fewer: {_scale(change)}"
    return Finding("blocker", "quota-full", message, f"{fix}; then plan again")


def _scale(change: WorkloadChange) -> str:
    fewer = max(int(change.spec.get("replicas", 1)) - 1, 0)
    namespace = change.location.namespace
    return f"kubectl -n {namespace} scale {change.workload.key} --replicas={fewer}"


def _autoscaler(changes: Sequence[WorkloadChange], scaler: Mapping[str, Any]) -> Iterator[Finding]:
    about, name = scaler["spec"]["scaleTargetRef"], scaler["metadata"]["name"]
    for change in changes:
        workload = change.workload
        if (workload.kind, workload.name) == (about["kind"].lower(), about["name"]):
            live = workload.raw["spec"].get("replicas", 1)
            yield _scaled(
                f"{workload.key} is scaled by {name}", live, change.spec.get("replicas", 1)
            )


def _scaled(about: str, live: int, after: int) -> Finding:
    if live == after:
        return Finding("note", "autoscaler", f"{about}: the number of pods does not change")
    message = (
        f"{about}, which holds {live} pods now: the rollback sets {after}, until the autoscaler "
        "changes that again (seconds to minutes)"
    )
    if after > live:
        return Finding("note", "autoscaler", message)
    fix = "choose a time when that many pods can take the requests"
    return Finding("warning", "autoscaler", message, fix)


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
