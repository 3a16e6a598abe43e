"""ECS, whole way: a plan, the rollback with real containers, its proof, and its undo."""

from __future__ import annotations

from pathlib import Path

from cloud import ACCOUNT, SECRET
from ecs_site import Site, findings


def test_the_last_good_revision_comes_back_and_goes_again(shop: Site) -> None:
    family = shop.cluster.family("shop")
    plan = shop.plan()
    (move,) = plan["moves"]
    assert (move["current"]["id"], move["to"]["id"]) == (f"{family}:3", f"{family}:2")
    assert move["bare"] == f"{family}:2"
    done = shop.execute(plan)
    assert shop.cluster.versions("shop") == ["v2"]
    assert done["targets"][0]["state"] == "rolled-back"
    shop.restore(plan)
    assert shop.cluster.versions("shop") == ["bad"]
    script = (Path(plan["run"]) / "rollback.sh").read_text()
    assert len(script.splitlines()) <= 150 and "update-service" in script
    assert SECRET not in shop.written()


def test_variables_and_secrets_of_the_task_definition_are_named_by_key(shop: Site) -> None:
    variables = [{"name": "MODE", "value": "fast"}, {"name": "TOKEN", "value": "sk-not-shown"}]
    shop.cluster.deploy("shop", "shop:v3", container={"environment": variables})
    plan = shop.plan("--full", check=None)
    assert {(row["key"], row["change"], row["restored"]) for row in plan["config"]} == {
        ("shop/app: MODE", "removed", True),
        ("shop/app: TOKEN", "removed", True),
    }
    assert "sk-not-shown" not in shop.written() + str(plan)


def test_a_secret_that_the_target_needs_and_that_is_gone_blocks(shop: Site) -> None:
    manager = shop.cluster.cloud.client(ACCOUNT, "secretsmanager")
    made = manager.create_secret(Name=f"{shop.cluster.name}/db", SecretString="sk-not-shown")["ARN"]
    needs = [{"name": "DB", "valueFrom": f"{made}:password::"}]
    target = shop.cluster.deploy("shop", "shop:v2", container={"secrets": needs})
    shop.cluster.deploy("shop", "shop:v3")
    assert "reference-missing" not in findings(shop.plan(target, check=None))
    manager.delete_secret(SecretId=made, ForceDeleteWithoutRecovery=True)
    level, message = findings(shop.plan(target, check=6))["reference-missing"]
    assert level == "blocker" and f"DB: secret {shop.cluster.name}/db" in message
