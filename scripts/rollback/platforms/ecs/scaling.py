"""How services are scaled by themselves: kept in the checkpoint, never changed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from rollback.aws.client import Client
from rollback.errors import RollbackError
from rollback.text import clean

if TYPE_CHECKING:
    from concurrent.futures import Future

_KEPT = "scaling"
_SPACE = {"ServiceNamespace": "ecs"}
_TARGET = ("ScalableDimension", "MinCapacity", "MaxCapacity", "SuspendedState")
_POLICY = (
    *("PolicyName", "PolicyType", "ScalableDimension"),
    *("TargetTrackingScalingPolicyConfiguration", "StepScalingPolicyConfiguration"),
    "PredictiveScalingPolicyConfiguration",
)


def begin(client: Client, cluster: str, services: Sequence[str]) -> None:
    """Begin to read the targets and policies of services, beside what a plan waits for."""
    name = cluster.rpartition("/")[2]
    ids = [f"service/{name}/{service}" for service in services]
    client.kept[f"{_KEPT} {cluster}"] = [
        client.start(client.attempt, _targets, client, ids),
        *(client.start(client.attempt, _policies, client, id) for id in ids),
    ]


def read(client: Client, cluster: str, service: str) -> dict[str, Any]:
    """Return what was begun about a service; where it may not be read, why."""
    begun: Sequence[Future[list[dict[str, Any]] | RollbackError]]
    if (begun := client.kept.get(f"{_KEPT} {cluster}", ())) == ():
        return {"not read": "nothing was asked for"}
    rows: list[dict[str, Any]] = []
    for future in begun:
        answer = future.result()
        if isinstance(answer, RollbackError):
            return {"not read": clean(answer.message, 300)}
        rows += answer
    id = f"service/{cluster.rpartition('/')[2]}/{service}"
    own = [row for row in rows if row.get("ResourceId") == id]
    return {
        "targets": [_kept(row, _TARGET) for row in own if "PolicyName" not in row],
        "policies": [_kept(row, _POLICY) for row in own if "PolicyName" in row],
    }


def _targets(client: Client, ids: Sequence[str]) -> list[dict[str, Any]]:
    asked = {**_SPACE, "ResourceIds": list(ids)}
    return client.pages(
        "application-autoscaling", "describe_scalable_targets", "ScalableTargets", **asked
    )


def _policies(client: Client, id: str) -> list[dict[str, Any]]:
    asked = {**_SPACE, "ResourceId": id}
    return client.pages(
        "application-autoscaling", "describe_scaling_policies", "ScalingPolicies", **asked
    )


def _kept(row: dict[str, Any], names: Sequence[str]) -> dict[str, Any]:
    return {name: row[name] for name in names if name in row}
