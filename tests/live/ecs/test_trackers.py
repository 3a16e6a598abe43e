"""Situations from public trackers in which going back on ECS went wrong. Their sources: SOURCES.md."""

from __future__ import annotations

from pathlib import Path

from cloud import Cluster
from ecs_site import Site, findings


def test_a_breaker_that_goes_back_by_itself_is_no_success(cluster: Cluster, tmp_path: Path) -> None:
    """The target's image cannot start any more: ECS makes the service stable again, on what it left."""
    engine = cluster.cloud.engine
    engine.load("gone:v1", "v1")
    cluster.create("shop", "gone:v1")
    cluster.deploy("shop", "shop:v2")
    engine.run("docker", "rmi", "-f", "gone:v1")
    site = Site(tmp_path, cluster, "shop")
    plan, family = site.plan(), cluster.family("shop")
    assert plan["moves"][0]["to"]["id"] == f"{family}:1"
    done = site.execute(plan, check=5)
    assert (done["outcome"], done["targets"][0]["now"]) == ("failed", f"{family}:2")
    assert "live again" in done["talk"] or f"rollout of {family}:1 failed" in done["talk"]
    assert cluster.versions("shop") == ["v2"]


def test_the_number_before_is_the_failed_one_and_not_the_target(
    cluster: Cluster, tmp_path: Path
) -> None:
    """The first fix failed as well: one less than the live number is what never worked."""
    cluster.create("shop", "shop:v1")
    cluster.deploy("shop", "shop:absent")
    assert cluster.live("shop") == f"{cluster.family('shop')}:1", "the breaker went back"
    cluster.deploy("shop", "shop:bad")
    site, family = Site(tmp_path, cluster, "shop"), cluster.family("shop")
    (move,) = site.plan()["moves"]
    assert (move["bare"], move["to"]["id"]) == (f"{family}:2", f"{family}:1")


def test_a_service_that_the_breaker_left_is_live_although_something_newer_was_deployed(
    cluster: Cluster, tmp_path: Path
) -> None:
    cluster.create("shop", "shop:v1")
    cluster.deploy("shop", "shop:v2")
    cluster.deploy("shop", "shop:absent")
    site, family = Site(tmp_path, cluster, "shop"), cluster.family("shop")
    plan = site.plan()
    assert plan["moves"][0]["current"]["id"] == f"{family}:2"
    level, message = findings(plan)["back-by-itself"]
    assert level == "warning" and f"{family}:3" in message


def test_a_live_revision_that_was_deregistered_can_be_returned_to(
    cluster: Cluster, tmp_path: Path
) -> None:
    """A stack that cleans up leaves a service on an INACTIVE revision: the undo needs it again."""
    cluster.create("shop", "shop:v1")
    cluster.deploy("shop", "shop:v2")
    family = cluster.family("shop")
    cluster.ecs.deregister_task_definition(taskDefinition=f"{family}:2")
    site = Site(tmp_path, cluster, "shop")
    plan = site.plan()
    site.execute(plan)
    assert cluster.versions("shop") == ["v1"]
    done = site.restore(plan, check=0)
    assert cluster.versions("shop") == ["v2"] and done["outcome"] == "restored"
