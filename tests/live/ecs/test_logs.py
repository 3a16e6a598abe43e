"""Health by what tasks have logged to CloudWatch, read from the groups that their definitions name."""

from __future__ import annotations

import time

import pytest
from cloud import ACCOUNT, REGION
from ecs_site import Site
from test_faults import planned

from rollback.errors import Unreadable
from rollback.platforms import ecs
from rollback.shell import Shell


def test_lines_of_the_last_seconds_are_read_of_the_containers_that_move(
    shop: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    group, logs = f"/ecs/{shop.cluster.name}", shop.cluster.cloud.client(ACCOUNT, "logs")
    logs.create_log_group(logGroupName=group)
    options = {"awslogs-group": group, "awslogs-stream-prefix": "shop"}
    config = {"logDriver": "awslogs", "options": {**options, "awslogs-region": REGION}}
    shop.cluster.deploy("shop", "shop:v3", container={"logConfiguration": config})
    now = int(time.time() * 1000)
    for stream, age, said in (
        ("shop/app/t1", 10_000, "error: now"),
        ("shop/app/t0", 900_000, "error: long ago"),
        ("shop/sidecar/t1", 10_000, "error: of another container"),
        ("other/app/t1", 10_000, "error: of another service"),
    ):
        logs.create_log_stream(logGroupName=group, logStreamName=stream)
        events = [{"timestamp": now - age, "message": said}]
        logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=events)
    moves = planned(shop, monkeypatch).plan.moves
    lines = ecs.logs(moves, 300, Shell(shop.project))
    assert [line for line in lines if "error" in line] == ["error: now"]
    logs.delete_log_group(logGroupName=group)
    with pytest.raises(Unreadable, match="filter_log_events"):
        ecs.logs(moves, 300, Shell(shop.project))


def test_tasks_with_another_log_driver_are_said_not_to_be_read(
    shop: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    moves = planned(shop, monkeypatch).plan.moves
    with pytest.raises(Unreadable, match="does not log to CloudWatch"):
        ecs.logs(moves, 300, Shell(shop.project))
