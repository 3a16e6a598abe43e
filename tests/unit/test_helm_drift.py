"""What was edited by hand in the objects of a Helm release, and which edits a rollback leaves in place."""

from __future__ import annotations

from typing import Any

import pytest
from helm_records import comparison, kind
from test_helm_preflight import CONFIG, codes, live

from rollback.platforms._cluster.quantities import equal
from rollback.platforms.helm import differences
from rollback.platforms.helm.preflight import drift


@pytest.mark.parametrize(
    ("wanted", "found", "rows"),
    [
        ({"replicas": 1}, {"replicas": 5}, ["spec.replicas (5, not 1)"]), ({"cpu": "1000m", "port": 80}, {"cpu": "1", "port": 80, "added": {}}, []),
        ({"c": [{"name": "a", "image": "x:1"}]}, {"c": [{"name": "sidecar"}, {"name": "a", "image": "x:2"}]}, ["spec.c[a].image (x:2, not x:1)"]),
        ({"env": [{"name": "T", "value": "old"}]}, {"env": [{"name": "T", "value": "hunter2"}]}, ["spec.env[T].value"]),
        ({"args": ["a"]}, {"args": ["a", "b"]}, ["spec.args"]), ({"x": None, "y": {}, "z": ""}, {}, []),
    ],
)  # fmt: skip
def test_edits_are_named_by_path_without_secrets(wanted: Any, found: Any, rows: list[str]) -> None:
    assert differences.differences({"spec": wanted}, {"spec": found}) == rows


def test_drift_is_reported_only_where_the_live_revision_was_applied() -> None:
    asked, there = kind("ConfigMap", data={"a": "1"}), live(kind("ConfigMap", data={"a": "2"}))
    assert codes(drift.findings(comparison(asked, asked), there), "warning") == ["drift"]
    assert list(drift.findings(comparison(asked, asked, "failed"), there)) == []


def pods(*env: str, **more: Any) -> str:
    container = {
        "name": "web",
        "image": "x",
        "env": [{"name": name, "value": "hunter2"} for name in env],
    }
    return kind(
        "Deployment",
        version="apps/v1",
        spec={"template": {"spec": {"containers": [container], **more}}},
    )


@pytest.mark.parametrize(
    ("now", "then", "there", "rows"),
    [
        (pods("A"), pods("A"), pods("A", "B"), "containers[web].env[B]"), (pods(), pods(), pods(volumes=[{"name": "tmp"}]), "volumes[tmp]"),
        (pods("A"), pods(), pods("A"), ""), (pods(), pods("A"), pods("A"), ""), (pods(), pods(), pods(restartPolicy="Always"), ""),
        (CONFIG, pods(), pods("A"), "containers[web].env[A]"), (pods(), CONFIG, pods("A"), ""),
    ],
)  # fmt: skip
def test_additions_to_pods_that_helm_leaves_are_reported(
    now: str, then: str, there: str, rows: str
) -> None:
    messages = [
        finding.message
        for finding in drift.findings(comparison(now, then), live(there))
        if finding.code == "drift-stays"
    ]
    assert (rows in "".join(messages), bool(messages), "hunter2" in "".join(messages)) == (
        True,
        bool(rows),
        False,
    )


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("1000m", "1", True),
        ("1Gi", "1024Mi", True),
        ("1e3", "1k", True),
        ("1G", "1Gi", False),
        ("a", "b", False),
    ],
)
def test_quantities_are_compared_by_amount(one: Any, other: Any, expected: bool) -> None:
    assert equal(one, other) is expected
