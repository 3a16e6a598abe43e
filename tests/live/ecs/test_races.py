"""Somebody else deploys, two runs at once, kill -9: the state is never one that nobody wanted."""

from __future__ import annotations

import time

import pytest
from cloud import Cluster
from ecs_site import Site
from proxy import Proxy

from tests.live.run_processes import kill_run


def test_a_deployment_between_plan_and_execute_stops_everything(shop: Site) -> None:
    plan, family = shop.plan(), shop.cluster.family("shop")
    shop.cluster.deploy("shop", "shop:v3")
    error = shop.execute(plan, check=10)["error"]
    assert error["code"] == "drifted" and "task definition of shop has changed" in error["message"]
    assert shop.cluster.live("shop") == f"{family}:4"


def test_another_account_behind_the_same_names_stops_everything(shop: Site) -> None:
    plan = shop.plan()
    shop.environment["AWS_ACCESS_KEY_ID"] = "444455556666"
    cluster = Cluster(shop.cluster.cloud, "444455556666", shop.cluster.name)
    cluster.create("shop", "shop:v1")
    error = shop.execute(plan, check=12)["error"]
    assert "cannot read the account, region and cluster of shop" in error["message"]
    assert cluster.live("shop") == f"{cluster.family('shop')}:1", "the other account's"
    cluster.remove()


def test_a_deployment_between_guard_and_change_is_left_alone(shop: Site) -> None:
    """The script reads once more right before it asks."""
    plan, family = shop.plan(), shop.cluster.family("shop")
    with Proxy(shop.cluster.cloud.url).serving() as proxy:
        shop.endpoint(proxy.url)
        looks = 0

        def deploy(operation: str) -> None:
            nonlocal looks
            looks += operation == "DescribeServices"
            if looks == 3:  # two guards, then the look before the change
                shop.cluster.deploy("shop", "shop:v3", wait=False)

        proxy.watch = deploy
        done = shop.execute(plan, check=10)
        assert done["error"]["code"] == "drifted"
        assert "somebody deployed it since this run began" in done["talk"]
        assert proxy.changes() == [] and shop.cluster.live("shop") == f"{family}:4"


def test_of_two_runs_at_once_one_deploys(shop: Site) -> None:
    plan = shop.plan()
    with Proxy(shop.cluster.cloud.url).serving() as proxy:
        shop.endpoint(proxy.url)
        pair = [shop.start("execute", *shop.approved(plan)) for _ in range(2)]
        for process in pair:
            process.communicate(timeout=180)
        assert sorted(process.returncode for process in pair) in ([0, 9], [0, 0])
        assert proxy.changes() == ["UpdateService"]
    assert shop.cluster.versions("shop") == ["v2"]


@pytest.mark.parametrize("lines", [1, 2], ids=["after start", "after done"])
def test_a_run_killed_at_any_line_of_its_journal_goes_on(shop: Site, lines: int) -> None:
    plan = shop.plan()
    process = shop.start("execute", *shop.approved(plan))
    while len(shop.journal(plan)) < lines and process.poll() is None:
        time.sleep(0.002)
    kill_run(process, plan["run"])
    shop.execute(plan)
    assert shop.cluster.versions("shop") == ["v2"]


def test_a_run_killed_while_ecs_works_waits_for_the_same_rollout_and_so_does_its_restore(
    shop: Site,
) -> None:
    plan = shop.plan()
    with Proxy(shop.cluster.cloud.url).serving() as proxy:
        shop.endpoint(proxy.url)
        for verb, version in (("execute", "v2"), ("restore", "bad")):
            proxy.log.clear()
            process = shop.start(verb, *shop.approved(plan))
            while not proxy.changes():
                assert process.poll() is None, process.communicate()
                time.sleep(0.01)
            kill_run(process, plan["run"])
            shop.script(verb, *shop.approved(plan), check=None)
            assert shop.cluster.versions("shop") == [version]
            assert proxy.changes() in (["UpdateService"], ["UpdateService"] * 2)
