"""What was changed by hand in the objects of a Helm release, and what of it a rollback would leave there."""

from __future__ import annotations

from typing import Any

import pytest
from helm_records import ends, kind
from test_helm_preflight import CONFIG, codes, live

from rollback.platforms.helm import differences
from rollback.platforms.helm.preflight import drift
from rollback.platforms.helm.quantity import same


@pytest.mark.parametrize(
    ("wanted", "found", "rows"),
    [
        ({"replicas": 1}, {"replicas": 5}, ["spec.replicas (5, not 1)"]), ({"cpu": "1000m", "port": 80}, {"cpu": "1", "port": 80, "added": {}}, []),
        ({"c": [{"name": "a", "image": "x:1"}]}, {"c": [{"name": "sidecar"}, {"name": "a", "image": "x:2"}]}, ["spec.c[a].image (x:2, not x:1)"]),
        ({"env": [{"name": "T", "value": "old"}]}, {"env": [{"name": "T", "value": "hunter2"}]}, ["spec.env[T].value"]),
        ({"args": ["a"]}, {"args": ["a", "b"]}, ["spec.args"]), ({"x": None, "y": {}, "z": ""}, {}, []),
    ],
)  # fmt: skip
def test_what_was_changed_by_hand_is_named_by_its_path_and_no_secret_is_shown(
    wanted: Any, found: Any, rows: list[str]
) -> None:
    assert differences.differences({"spec": wanted}, {"spec": found}) == rows


def test_drift_is_only_told_where_the_live_revision_had_been_applied() -> None:
    asked, there = kind("ConfigMap", data={"a": "1"}), live(kind("ConfigMap", data={"a": "2"}))
    assert codes(drift.findings(ends(asked, asked), there), "warning") == ["drift"]
    assert list(drift.findings(ends(asked, asked, "failed"), there)) == []


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
def test_what_helm_would_leave_in_the_pods_since_no_revision_names_it_is_told(
    now: str, then: str, there: str, rows: str
) -> None:
    told = [
        one.message
        for one in drift.findings(ends(now, then), live(there))
        if one.code == "drift-stays"
    ]
    assert (rows in "".join(told), bool(told), "hunter2" in "".join(told)) == (
        True,
        bool(rows),
        False,
    )


@pytest.mark.parametrize(
    ("one", "other", "equal"),
    [
        ("1000m", "1", True),
        ("1Gi", "1024Mi", True),
        ("1e3", "1k", True),
        ("1G", "1Gi", False),
        ("a", "b", False),
    ],
)
def test_two_spellings_of_an_amount_are_the_same(one: Any, other: Any, equal: bool) -> None:
    assert same(one, other) is equal
