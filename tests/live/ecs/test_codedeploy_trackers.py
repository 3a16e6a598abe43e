"""Situations from public trackers in which going back through CodeDeploy went wrong. Their sources: SOURCES.md."""

from __future__ import annotations

from cloud import ACCOUNT, REGION, Cluster
from codedeploy_server import CodeDeploy
from ecs_site import Site, findings
from proxy import Proxy
from test_codedeploy import names, until


def test_a_deployment_whose_tasks_never_start_is_stopped_and_not_waited_for(
    green: Site, codedeploy: CodeDeploy, watched: Proxy
) -> None:
    """CodeDeploy waits an hour for them, and takes no other deployment until then."""
    codedeploy.service.breaker = False
    codedeploy.deploy("shop:absent", wait=False)
    until(lambda: len(codedeploy.service.sets) == 2)
    plan = green.plan()
    assert names(plan) == ("4", "3") and findings(plan)["deploy-in-flight"][0] == "note"
    watched.log.clear()
    green.execute(plan, check=7)
    assert watched.changes() == ["StopDeployment"]
    codedeploy.settled()
    (kept,) = codedeploy.service.sets
    assert kept.definition.endswith(":3")


def test_the_number_before_is_what_codedeploy_itself_went_back_from(
    green: Site, codedeploy: CodeDeploy
) -> None:
    """Two fixes failed in a row: what the list of task definitions has before the live one never worked."""
    codedeploy.alarm = True
    codedeploy.deploy("shop:v2")
    codedeploy.deploy("shop:v3")
    plan = green.plan()
    assert names(plan) == ("5", "3") and plan["moves"][0]["bare"].endswith(":4")
    rows = {row["release"].rpartition(":")[2]: row["code"] for row in plan["moves"][0]["skipped"]}
    assert rows["4"] == "failed"


def test_a_rollback_that_ended_at_once_is_not_looked_for_among_older_deployments(
    green: Site, codedeploy: CodeDeploy
) -> None:
    """The deployment that went back had succeeded before a tool listed what is in progress."""
    codedeploy.minute, codedeploy.keeps = 0.001, 1_000_000
    codedeploy.deploy("shop:v3", wait=False)
    until(lambda: codedeploy.service.live.endswith(":4"))
    done = green.execute(green.plan(), check=7)
    assert done["targets"][0]["state"] == "rolled-back"
    assert codedeploy.service.live.endswith(":3")


def test_an_appspec_in_s3_is_read_and_one_that_was_deleted_is_told(
    green: Site, codedeploy: CodeDeploy, cluster: Cluster
) -> None:
    """A pipeline keeps them in a bucket, whose lifecycle rule deletes them."""
    bucket = cluster.cloud.client(ACCOUNT, "s3")
    bucket.create_bucket(
        Bucket=cluster.name, CreateBucketConfiguration={"LocationConstraint": REGION}
    )

    def upload(text: str) -> dict[str, str]:
        bucket.put_object(Bucket=cluster.name, Key="appspec.yaml", Body=text.encode())
        return {"bucket": cluster.name, "key": "appspec.yaml", "bundleType": "YAML"}

    codedeploy.upload = upload
    codedeploy.deploy("shop:v3")
    codedeploy.upload = None
    codedeploy.deploy("shop:bad")
    plan = green.plan()
    assert names(plan) == ("5", "4") and "history-weak" not in findings(plan)
    bucket.delete_object(Bucket=cluster.name, Key="appspec.yaml")
    later = green.plan()
    assert names(later) == ("5", "2")
    assert "cannot be read" in findings(later)["history-weak"][1]
