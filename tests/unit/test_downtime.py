"""A gap in service is told where it is sure to come, with the workload and the reason, and nowhere else."""

from __future__ import annotations

from typing import Any

import pytest

from rollback.platforms._cluster import downtime
from rollback.platforms._cluster.workloads import Workload

READY = {"readyReplicas": 1, "desiredNumberScheduled": 1, "numberReady": 1}


def workload(of: str, spec: dict[str, Any], **status: int) -> Workload:
    return Workload(of, {"metadata": {"name": "web"}, "spec": spec, "status": {**READY, **status}})


def rolling(field: str = "strategy", **limits: Any) -> dict[str, Any]:
    return {field: {"type": "RollingUpdate", "rollingUpdate": limits}}


@pytest.mark.parametrize(
    ("of", "spec", "status", "why"),
    [
        ("deployment", {"replicas": 5, "strategy": {"type": "Recreate"}}, {}, "strategy Recreate"),
        ("deployment", {"replicas": 4, **rolling(maxUnavailable="100%", maxSurge="25%")}, {}, "maxUnavailable 100% lets all"),
        ("deployment", {"replicas": 2, **rolling(maxUnavailable=2, maxSurge=0)}, {}, "maxUnavailable 2 lets all"),
        ("deployment", {"replicas": 1, **rolling(maxUnavailable=1, maxSurge=1)}, {}, "its only pod stops"),
        ("deployment", {"replicas": 1, **rolling(maxUnavailable="25%", maxSurge="0%")}, {}, "its only pod stops"),
        ("statefulset", {"replicas": 1, "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": 0}}}, {}, "its only pod stops"),
        ("statefulset", {"updateStrategy": {"type": "OnDelete"}}, {}, "with OnDelete its only pod"),
        ("statefulset", {"replicas": 3, **rolling("updateStrategy", maxUnavailable="100%")}, {}, "maxUnavailable 100% lets all"),
        ("daemonset", {"updateStrategy": {"type": "RollingUpdate"}}, {}, "its only pod stops"),
        ("daemonset", rolling("updateStrategy", maxUnavailable="60%"), {"desiredNumberScheduled": 2}, "maxUnavailable 60% lets all"),
        ("daemonset", {"updateStrategy": {"type": "OnDelete"}}, {}, "with OnDelete"),
    ],
)  # fmt: skip
def test_a_gap_is_told_with_its_reason(
    of: str, spec: dict[str, Any], status: dict[str, int], why: str
) -> None:
    (told,) = downtime.findings([workload(of, spec, **status)])
    assert (told.level, told.code) == ("warning", "downtime")
    assert told.message.startswith(f"{of}/web: ") and why in told.message


@pytest.mark.parametrize(
    ("of", "spec", "status"),
    [
        ("deployment", {"replicas": 1}, {}), ("deployment", {"replicas": 1, **rolling(maxUnavailable="25%", maxSurge="25%")}, {}),
        ("deployment", {"replicas": 2, **rolling(maxUnavailable=1, maxSurge=0)}, {}),
        ("deployment", {"replicas": 0, "strategy": {"type": "Recreate"}}, {}),
        ("deployment", {"replicas": 2, "strategy": {"type": "Recreate"}}, {"readyReplicas": 0}),
        ("statefulset", {"replicas": 2}, {}), ("statefulset", {"replicas": 1, **rolling("updateStrategy", partition=1)}, {}),
        ("statefulset", {"replicas": 2, "updateStrategy": {"type": "OnDelete"}}, {}), ("statefulset", {"replicas": 1}, {"readyReplicas": 0}),
        ("daemonset", {}, {"desiredNumberScheduled": 2}), ("daemonset", rolling("updateStrategy", maxSurge=1, maxUnavailable=0), {}),
        ("daemonset", {}, {"numberReady": 0}), ("daemonset", {}, {"desiredNumberScheduled": 0}),
    ],
)  # fmt: skip
def test_where_some_pod_serves_all_the_time_or_none_serves_now_nothing_is_told(
    of: str, spec: dict[str, Any], status: dict[str, int]
) -> None:
    assert downtime.findings([workload(of, spec, **status)]) == []


def test_many_of_one_reason_are_one_line() -> None:
    (told,) = downtime.findings([workload("deployment", {"strategy": {"type": "Recreate"}})] * 100)
    assert "and 97 more: strategy Recreate" in told.message
