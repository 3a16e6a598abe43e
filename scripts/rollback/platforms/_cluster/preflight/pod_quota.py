"""Whether a rollout can go on under a quota, as the controllers and the quota count pods."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from msgspec import Struct

from rollback.platforms._cluster.changes import WorkloadChange
from rollback.platforms._cluster.quantities import parse

_FIELDS = {  # name in a quota -> field of a container's resources and name in there
    "cpu": ("requests", "cpu"),
    "memory": ("requests", "memory"),
    **{
        f"{field}.{name}": (field, name)
        for field in ("requests", "limits")
        for name in ("cpu", "memory", "ephemeral-storage")
    },
}
Amounts = Mapping[str, Decimal]
# "requests" and "limits" -> what a container without its own gets from the namespace's LimitRange
Defaults = Mapping[str, Mapping[str, Any]]


class QuotaState(Struct, frozen=True):
    """What of a quota is too little, "" for nothing: for one more pod, and for all at the end.

    `stalls`: the rollout may stop no pod to make room for the first new one.
    """

    short: str = ""
    too_large: str = ""
    stalls: bool = False


class _Pods(Struct, frozen=True):
    """Counts of a workload: wanted, present, and of those the ones of the target."""

    wanted: int
    present: int
    of_target: int


def state(
    change: WorkloadChange, quota: Mapping[str, Any], defaults: Defaults = MappingProxyType({})
) -> QuotaState:
    pods = _pods(change)
    if pods.wanted <= pods.of_target:
        return QuotaState()
    hard, used = _amounts(quota, "hard"), _amounts(quota, "used")
    left = {name: hard[name] - used.get(name, Decimal(0)) for name in hard}
    before, after = (needs(end.template, defaults) for end in (change.before, change.after))
    replaced = max(min(pods.wanted, pods.present) - pods.of_target, 0)  # no more run today, either
    at_the_end = {
        name: replaced * (after.get(name, Decimal(0)) - before.get(name, Decimal(0)))
        for name in hard
    }
    short = _lacking(left, after, quota) if _starts_one_more(change) else ""
    return QuotaState(
        short, _lacking(left, at_the_end, quota), bool(short) and _removable(change, pods) <= 0
    )


def needs(template: Mapping[str, Any], defaults: Defaults) -> dict[str, Decimal]:
    """Return what a quota counts for one pod: the containers together, or the largest init one."""
    spec = template.get("spec") or {}
    amounts = {"pods": Decimal(1), "count/pods": Decimal(1)}
    for name, (field, key) in _FIELDS.items():
        default = (defaults.get(field) or {}).get(key)
        together = sum(_values(spec.get("containers"), field, key, default), Decimal(0))
        first = _values(spec.get("initContainers"), field, key, default)
        amounts[name] = max([together, *first])
    return amounts


def defaults(ranges: Sequence[Mapping[str, Any]]) -> Defaults:
    """Return what LimitRanges give containers; a limit is the request of one that has none."""
    known: dict[str, dict[str, Any]] = {"requests": {}, "limits": {}}
    for each in ranges:
        for limit in (each.get("spec") or {}).get("limits") or ():
            if limit.get("type") == "Container":
                limits = limit.get("default") or {}
                requests = {**limits, **(limit.get("defaultRequest") or {})}
                # of several ranges the first one that says something counts
                known["limits"] = {**limits, **known["limits"]}
                known["requests"] = {**requests, **known["requests"]}
    return known


def is_partial(quota: Mapping[str, Any]) -> bool:
    """Whether it counts only some pods: by priority, by quality of service."""
    spec = quota.get("spec") or {}
    return bool(spec.get("scopes") or spec.get("scopeSelector"))


def _values(
    containers: Sequence[Any] | None, field: str, key: str, default: Any
) -> Iterable[Decimal]:
    for container in containers or ():
        resources = container.get("resources") or {}
        limit = (resources.get("limits") or {}).get(key, default)
        amount = (resources.get(field) or {}).get(key, limit)
        yield parse(amount) or Decimal(0) if amount is not None else Decimal(0)


def _amounts(quota: Mapping[str, Any], which: str) -> dict[str, Decimal]:
    values = (quota.get("status") or {}).get(which) or {}
    return {name: amount for name, text in values.items() if (amount := parse(text)) is not None}


def _lacking(left: Amounts, wanted: Amounts, quota: Mapping[str, Any]) -> str:
    """Describe what is too little: "pods: 2 of 2 used"."""
    status = quota.get("status") or {}
    hard, used = status.get("hard") or {}, status.get("used") or {}
    nothing = Decimal(0)
    names = [name for name in sorted(left) if wanted.get(name, nothing) > max(left[name], nothing)]
    return ", ".join(f"{name}: {used.get(name, '0')} of {hard[name]} used" for name in names)


def _pods(change: WorkloadChange) -> _Pods:
    status = change.workload.raw.get("status") or {}
    if change.workload.kind == "daemonset":
        scheduled = status.get("currentNumberScheduled", 0)
        return _Pods(status.get("desiredNumberScheduled", 0), scheduled, change.after.pods)
    present = status.get("replicas", 0)
    older = present - status.get("updatedReplicas", 0)
    of_target = change.after.pods if _is_counted(change) else older  # some may be of the target
    return _Pods(int(change.spec.get("replicas", 1)), present, of_target)


def _starts_one_more(change: WorkloadChange) -> bool:
    """Whether the controller starts a pod before it removes one."""
    recreate = (change.spec.get("strategy") or {}).get("type") == "Recreate"
    return change.workload.kind == "deployment" and not recreate and _limits(change)[0] > 0


def _is_counted(change: WorkloadChange) -> bool:
    """Whether the pods of the target are known: a manifest has none."""
    return bool(change.after.uid)


def _removable(change: WorkloadChange, pods: _Pods) -> int:
    """Return how many pods a Deployment's controller may remove before a new one is ready."""
    _, unavailable = _limits(change)
    unready = max(pods.of_target - change.after.available, 0) if _is_counted(change) else 0
    return pods.present - (pods.wanted - unavailable) - unready


def _limits(change: WorkloadChange) -> tuple[int, int]:
    """Return maxSurge and maxUnavailable in pods, as the controller rounds them."""
    rolling = (change.spec.get("strategy") or {}).get("rollingUpdate") or {}
    wanted = int(change.spec.get("replicas", 1))
    surge = _count(rolling.get("maxSurge", "25%"), wanted, up=True)
    unavailable = _count(rolling.get("maxUnavailable", "25%"), wanted)
    return surge, unavailable or (0 if surge else 1)


def _count(limit: Any, of: int, up: bool = False) -> int:
    if not isinstance(limit, str):
        return int(limit)
    share = of * int(limit.rstrip("%"))
    return -(-share // 100) if up else share // 100
