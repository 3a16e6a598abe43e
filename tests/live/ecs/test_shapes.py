"""What going back means on ECS: several services, deregistered revisions, deployments in flight, re-pushed tags."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
from cloud import Cluster
from ecs_site import Site, findings
from proxy import Ask, Proxy


def test_services_of_one_application_go_back_to_what_was_live_together(
    cluster: Cluster, tmp_path: Path
) -> None:
    for name in ("web", "worker"):
        cluster.create(name, "shop:v1")
    for name in ("web", "worker"):
        cluster.deploy(name, "shop:v2")
    cluster.deploy("worker", "shop:v3")
    site = Site(tmp_path, cluster, "web", "worker")
    web, worker = cluster.family("web"), cluster.family("worker")
    plan = site.plan()
    (move,) = plan["moves"]
    assert (move["target"]["app"], move["to"]["id"]) == ("worker", f"{web}:2+{worker}:2")
    named = site.plan(f"{web}:1+{worker}:1")
    assert [move["target"]["app"] for move in named["moves"]] == ["web", "worker"]
    done = site.execute(named)
    assert [row["state"] for row in done["targets"]] == ["rolled-back"] * 2
    assert cluster.versions("web") + cluster.versions("worker") == ["v1", "v1"]
    assert cluster.service("web")["desiredCount"] == 1


def test_a_deregistered_revision_is_registered_again_and_its_copy_taken_away_by_the_restore(
    shop: Site,
) -> None:
    cluster, family = shop.cluster, shop.cluster.family("shop")
    cluster.ecs.deregister_task_definition(taskDefinition=f"{family}:2")
    plan = shop.plan()
    assert plan["moves"][0]["to"]["id"] == f"{family}:2"
    assert findings(plan)["registered-again"][0] == "note"
    done = shop.execute(plan)
    assert done["targets"][0]["now"] == f"{family}:2"
    assert (cluster.live("shop"), cluster.versions("shop")) == (f"{family}:4", ["v2"])
    later = shop.plan()
    assert later["moves"][0]["to"]["id"] == f"{family}:1", "revision 3 was rolled back from"
    shop.restore(plan)
    assert (cluster.live("shop"), cluster.versions("shop")) == (f"{family}:3", ["bad"])
    copy = cluster.ecs.describe_task_definition(taskDefinition=f"{family}:4")
    assert copy["taskDefinition"]["status"] == "INACTIVE"


def test_a_deployment_that_never_gets_there_is_stopped_and_ends_on_the_target(
    cluster: Cluster, tmp_path: Path
) -> None:
    """Its image does not exist, and without a circuit breaker ECS tries for ever."""
    cluster.create("shop", "shop:v1", configuration={})
    cluster.deploy("shop", "shop:absent", wait=False)
    site = Site(tmp_path, cluster, "shop")
    plan, family = site.plan(), cluster.family("shop")
    assert plan["moves"][0]["to"]["id"] == f"{family}:1"
    assert findings(plan)["deploy-in-flight"][0] == "note"
    assert "stop-service-deployment" in (Path(plan["run"]) / "rollback.sh").read_text()
    site.execute(plan)
    assert (cluster.live("shop"), cluster.versions("shop")) == (f"{family}:1", ["v1"])


def test_every_plan_looks_at_the_backups_that_rds_keeps(shop: Site) -> None:
    rds = shop.cluster.cloud.client("111122223333", "rds")
    facts = {"DBInstanceClass": "db.t3.micro", "Engine": "postgres", "AllocatedStorage": 20}
    login = {"MasterUsername": "shop", "MasterUserPassword": "not-a-secret"}
    name = f"orders-{shop.cluster.name}"
    rds.create_db_instance(DBInstanceIdentifier=name, **facts, **login)
    rds.create_db_snapshot(DBInstanceIdentifier=name, DBSnapshotIdentifier=f"{name}-1")
    ecs = {"platform": "ecs", "ecs": {"cluster": shop.cluster.name, "services": ["shop"]}}

    def looked(id: str, **more: str) -> dict[str, tuple[str, str]]:
        shop.commit_settings({**ecs, "database": {"backup": {"rds": id, **more}}})
        return findings(shop.plan())

    known = looked(name)
    assert {"no-backup", "backup-old", "not-found", "bad-answer"}.isdisjoint(known)
    time.sleep(1.1)  # until the snapshot is older than that
    level, message = looked(name, max_age="1s")["backup-old"]
    assert level == "warning" and f"snapshot {name}-1 of {name}" in message
    assert "no RDS instance or cluster is named absent" in looked("absent")["not-found"][1]
    rds.delete_db_instance(DBInstanceIdentifier=name, SkipFinalSnapshot=True)


def test_a_tag_that_was_pushed_again_is_no_rollback(shop: Site) -> None:
    """The old tag now names the bad image: the right task definition would run the wrong bytes."""
    plan = shop.plan()
    engine = shop.cluster.cloud.engine
    engine.run("docker", "tag", "shop:v2", "shop:kept")
    try:
        engine.run("docker", "tag", "shop:bad", "shop:v2")
        done = shop.execute(plan, check=5)
    finally:
        engine.run("docker", "tag", "shop:kept", "shop:v2")
    assert done["outcome"] == "failed" and "app runs sha256:" in done["talk"]


@pytest.mark.parametrize("told", ["sha256:" + "f" * 64, None])
def test_a_task_tells_what_it_runs_itself(shop: Site, told: str | None) -> None:
    """Its revision may be the right one, and its bytes others; or nobody tells any digest."""

    def behind(operation: str, body: Any, ask: Ask) -> tuple[int, Any] | None:
        if operation not in ("DescribeTasks", "DescribeServiceRevisions"):
            return None
        answer = ask(operation, body)
        if operation == "DescribeTasks":
            rows = [row for task in answer["tasks"] for row in task["containers"]]
        elif told:
            return 200, answer
        else:
            rows = [row for each in answer["serviceRevisions"] for row in each["containerImages"]]
        for row in rows:
            row.pop("imageDigest", None)
            row |= {"imageDigest": told} if told else {}
        return 200, answer

    plan = shop.plan()
    with Proxy(shop.cluster.cloud.url).serving() as proxy:
        proxy.behind = behind
        shop.endpoint(proxy.url)
        failed = shop.execute(plan, check=5)
    words = f"app runs {told}, not sha256:" if told else "app runs what nothing tells the digest of"
    assert words in failed["talk"] and failed["next"]
    shop.endpoint(shop.cluster.cloud.url)
    assert shop.execute(plan)["outcome"] in ("done", "already")
    assert shop.cluster.versions("shop") == ["v2"]


def test_a_definition_that_is_named_and_was_never_deployed_is_looked_up(shop: Site) -> None:
    family = shop.cluster.family("shop")
    never = shop.cluster.register("shop", "shop:v3").rpartition("/")[2]
    other = shop.cluster.register("mail", "shop:v1").rpartition("/")[2]
    error = shop.plan(other, check=2)["error"]
    assert error["code"] == "release-elsewhere" and family in error["message"]
    assert shop.plan(f"{family}:77", check=2)["error"]["code"] == "unknown-release"
    plan = shop.plan(never)
    assert findings(plan)["guess"][0] == "warning" and plan["moves"][0]["to"]["id"] == never
    shop.execute(plan)
    assert (shop.cluster.live("shop"), shop.cluster.versions("shop")) == (never, ["v3"])
