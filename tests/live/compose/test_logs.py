"""Health by what the containers log: an error rate that falls is healthy, one that rises is not."""

from __future__ import annotations

import time
from typing import Any

from compose_shop import Shop

from rollback.probes import logs

FILE = """\
services:
  worker:
    image: shop:${TAG}
    command: ["/bin/busybox", "sh", "-c", "while :; do echo LINE; sleep 0.5; done"]
    stop_grace_period: 1s
    healthcheck: {disable: true}
"""
SETTINGS = """\
environments:
  staging:
    protected: false
    unattended: true
    settle: 2
    health:
      - logs: {max_increase: 10}
"""


def deploy(shop: Shop, version: str, line: str) -> None:
    shop.write("docker-compose.yml", FILE.replace("LINE", line))
    shop.release(version)


def rates(done: Any) -> dict[str, tuple[str, str]]:
    rows = [row for row in done["health"]["checks"] if row["name"] == "logs"]
    return {row["phase"]: (row["verdict"], row["detail"]) for row in rows}


def test_errors_that_end_with_the_rollback_make_it_healthy(shop: Shop) -> None:
    shop.write(".claude/deployment-rollback.yml", SETTINGS)
    deploy(shop, "v1", "all is well")
    deploy(shop, "v2", "ERROR: no answer")
    time.sleep(logs.SHORTEST)
    plan = shop.plan()
    done = shop.execute(plan)
    told = rates(done)
    assert (done["exit"], told["after"][0], told["before"][0]) == (0, "healthy", "unknown")
    assert told["after"][1].startswith("0.0 a minute match, before ")


def test_errors_that_begin_with_the_rollback_make_it_unhealthy(shop: Shop) -> None:
    shop.write(".claude/deployment-rollback.yml", SETTINGS)
    deploy(shop, "v1", "FATAL: no answer")
    deploy(shop, "v2", "all is well")
    time.sleep(logs.SHORTEST)
    done = shop.execute(shop.plan(), check=7)
    assert rates(done)["after"][0] == "unhealthy"
