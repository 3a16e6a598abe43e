"""Health of an ECS service: a task that runs is not health, and what cannot be read is unknown."""

from __future__ import annotations

from typing import Any

import pytest
from ecs_recorded import Account, definition, moves
from msgspec.structs import replace

from rollback.errors import Unreadable
from rollback.platforms import ecs
from rollback.platforms.ecs.checks import judged, tasks
from rollback.platforms.ecs.targets import read

TWO = {"shop": ["shop:8 SUCCESSFUL 1d", "shop:7 SUCCESSFUL 9d"]}


def seen(monkeypatch: pytest.MonkeyPatch, services: Any = TWO, **facts: Any) -> list[Any]:
    account = Account(services, **facts)
    chosen = moves(account)
    monkeypatch.setitem(ecs.checks.__globals__, "connect", lambda shell, profile, region: account)
    return list(ecs.checks(chosen, None))  # type: ignore[arg-type]


def verdict(monkeypatch: pytest.MonkeyPatch, **facts: Any) -> str:
    (check,) = seen(monkeypatch, **facts)
    return f"{check.verdict}: {check.detail}"


def test_a_task_that_runs_is_not_health(monkeypatch: pytest.MonkeyPatch) -> None:
    assert verdict(monkeypatch) == "unknown: 1 of 1 tasks run shop:8, which is not health"


@pytest.mark.parametrize(
    ("health", "expected"),
    [("HEALTHY", "healthy"), ("UNHEALTHY", "unhealthy"), ("UNKNOWN", "unknown")],
)
def test_a_container_health_check_counts(
    monkeypatch: pytest.MonkeyPatch, health: str, expected: str
) -> None:
    assert verdict(monkeypatch, health=health).startswith(expected)


@pytest.mark.parametrize(
    ("targets", "expected"),
    [
        (["healthy", "draining"], "healthy: 1 of 1"),
        (["healthy", "unhealthy"], "unhealthy: 1 of 2"),
        (["initial"], "waiting: 1 of 1"),
        (["unused"], "unknown"),
        ([], "unknown"),
    ],
)
def test_targets_of_a_load_balancer_count(
    monkeypatch: pytest.MonkeyPatch, targets: list[str], expected: str
) -> None:
    assert verdict(monkeypatch, groups=("arn:group",), targets=targets).startswith(expected)


def test_targets_outrank_nothing_that_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    found = verdict(monkeypatch, groups=("arn:group",), targets=["healthy"], health="UNHEALTHY")
    assert found.startswith("unhealthy")


def test_a_target_group_that_may_not_be_read_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    refusals = {"describe_target_health": "AccessDenied"}
    found = verdict(monkeypatch, groups=("arn:group",), refusals=refusals)
    assert found.startswith("unknown") and "target group" in found


def test_fewer_tasks_than_wanted_are_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    assert verdict(monkeypatch, desired=3, up=1).startswith("waiting: 1 of 3 tasks run shop:8")


def test_a_service_scaled_to_nothing_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    assert verdict(monkeypatch, desired=0, up=0).startswith("unknown: scaled to 0")


def test_services_that_stay_are_watched_as_neighbours(monkeypatch: pytest.MonkeyPatch) -> None:
    services = {
        "web": ["web:8 SUCCESSFUL 1h", "web:7 SUCCESSFUL 9d"],
        "worker": ["worker:4 SUCCESSFUL 9d", "worker:3 SUCCESSFUL 20d"],
    }
    rows = seen(monkeypatch, services)
    assert [(row.name, row.moved) for row in rows] == [
        ("ECS service web", True),
        ("ECS service worker", False),
    ]


def test_a_rollout_that_failed_is_unhealthy_whatever_still_runs() -> None:
    (service,) = read(Account(TWO), "prod", ["shop"])
    failed = replace(service.primary, rollout_state="FAILED", rollout_state_reason="no image")
    found, detail = judged(replace(service, deployments=(failed,)), [], Unreadable("x", "y"))
    assert found == "unhealthy" and "no image" in detail


def test_tasks_of_several_services_are_described_together() -> None:
    names = [f"shop{number}" for number in range(5)]
    account = Account({name: [f"{name}:1 SUCCESSFUL 1d"] for name in names})
    known = tasks(account, "prod", names)
    assert [row["taskDefinitionArn"] for name in names for row in known[name]] == [
        definition(f"{name}:1") for name in names
    ]
    assert sorted(account.requests) == ["describe_tasks", *["list_tasks"] * 5]
