"""Workloads scaled to zero: the command that starts them again."""

from __future__ import annotations

import pytest
from cluster_moves import SHOP, deployment, revision
from msgspec.structs import replace

from rollback.platforms._cluster import scale
from rollback.platforms._cluster.details import Location
from rollback.platforms._cluster.workloads import Workload

APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
DESIRED = "deployment.kubernetes.io/desired-replicas"


def stopped(applied: str = "") -> Workload:
    workload = deployment(**({APPLIED: applied} if applied else {}))
    workload.raw["spec"]["replicas"] = 0
    return workload


@pytest.mark.parametrize(("applied", "desired", "replicas"), [
    ('{"spec": {"replicas": 5}}', "3", 5),
    ('{"spec": {"replicas": 0}}', "3", 3),
    ("{}", "0", 1), ("[", "", 1), ('{"spec": {"replicas": "5"}}', "x", 1),
])  # fmt: skip
def test_as_many_pods_as_the_manifest_or_the_history_names(
    applied: str, desired: str, replicas: int
) -> None:
    history = [replace(revision(1), annotations={DESIRED: desired} if desired else {})]
    assert scale.command(SHOP, stopped(applied), history) == (
        f"kubectl --context test -n shop scale deployment/web --replicas={replicas}"
    )


def test_names_are_quoted() -> None:
    command = scale.command(Location("a b", "shop"), stopped(), [])
    assert "--context 'a b'" in command
