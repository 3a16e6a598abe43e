"""A project with an application and a CloudFormation stack, released together, on the emulator of AWS."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import botocore.session
import pytest

from tests.live.beds.engine import BEDS, bed
from tests.live.folders.folders_site import Site

REGION, SECRET = "eu-central-1", "s3cretK3yThatNoOutputMayShow"
TOPIC = "  %s:\n    Type: AWS::SNS::Topic\n    Properties: {DisplayName: %s}\n"
HEAD = "Parameters:\n  Stage: {Type: String}\nResources:\n" + TOPIC % ("App", '!Sub "%s ${Stage}"')
EXTRA = """\
  Extra:
    Type: AWS::Events::Rule
    Properties: {ScheduleExpression: rate(1 day), Description: extra}
"""
TABLE = """\
  Orders:
    Type: AWS::DynamoDB::Table
    Properties:
      KeySchema: [{AttributeName: id, KeyType: HASH}]
      AttributeDefinitions: [{AttributeName: id, AttributeType: S}]
      BillingMode: PAY_PER_REQUEST
"""


@contextlib.contextmanager
def emulator(root: Path) -> Iterator[str]:
    """Yield its address. No container is started: no engine has to be there."""
    bed("ecs.sh", "install")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = [_path("python"), str(BEDS / "ministack_ecs.py"), "--port", str(port)]
    variables = {**os.environ, "DOCKER_HOST": f"unix://{root}/absent", "LOG_LEVEL": "WARNING"}
    with (root / "emulator.log").open("w") as log:
        process = subprocess.Popen(
            [*words, "--data-dir", str(root / "data")], env=variables, stdout=log, stderr=log
        )
    try:
        end = time.monotonic() + 60
        while time.monotonic() < end and process.poll() is None:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            time.sleep(0.1)
        else:
            pytest.skip(f"the emulator did not start: {(root / 'emulator.log').read_text()[-300:]}")
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(20)


def _path(word: str) -> str:
    words = ["bash", str(BEDS / "ecs.sh"), word]
    return subprocess.run(words, capture_output=True, text=True, check=True).stdout.strip()


class StackSite(Site):
    """`aws` sets the scene with a client of its own."""

    def __init__(self, root: Path, url: str) -> None:
        super().__init__(root)
        self.name = f"shop-{uuid.uuid4().hex[:8]}"
        self.environment |= {
            "PATH": f"{os.path.dirname(_path('aws'))}:{self.environment['PATH']}",
            "AWS_ACCESS_KEY_ID": "111122223333",
            "AWS_SECRET_ACCESS_KEY": SECRET,
            "AWS_REGION": REGION,
            "AWS_ENDPOINT_URL": url,
            "AWS_MAX_ATTEMPTS": "2",
        }
        self.aws = self.client("cloudformation")
        self.infra = self.project / "infra"
        self.infra.mkdir()

    def client(self, service: str) -> Any:
        session = botocore.session.Session()
        session.set_credentials("111122223333", SECRET)
        place = {"region_name": REGION, "endpoint_url": self.environment["AWS_ENDPOINT_URL"]}
        return session.create_client(service, **place)

    def release(self, version: str, days_ago: float, more: str = "") -> str:
        """Describe, update the stack, commit and deploy a version."""
        self.change(HEAD % version + more)
        (self.infra / "stack.yml").write_text(HEAD % version + more)
        self.git("add", "infra/stack.yml")
        self.git("commit", "-q", "-m", f"infrastructure of {version}")
        return self.build(version, days_ago)

    def change(self, text: str) -> None:
        """Update the stack as a pipeline does, or a person."""
        known = {"ParameterKey": "Stage", "ParameterValue": "live"}
        words: Any = {"StackName": self.name, "TemplateBody": text, "Parameters": [known]}
        exists = any(row["StackName"] == self.name for row in self.aws.describe_stacks()["Stacks"])
        (self.aws.update_stack if exists else self.aws.create_stack)(**words)
        self.settled()

    def settled(self) -> str:
        end = time.monotonic() + 30
        while (status := self.stack()["StackStatus"]).endswith("IN_PROGRESS"):
            assert time.monotonic() < end, status
            time.sleep(0.05)
        return str(status)

    def stack(self) -> Any:
        return self.aws.describe_stacks(StackName=self.name)["Stacks"][0]

    def objects(self) -> dict[str, str]:
        """What is live: logical name -> how it is described."""
        sns, events, known = self.client("sns"), self.client("events"), {}
        for row in self.aws.describe_stack_resources(StackName=self.name)["StackResources"]:
            type, place = row["ResourceType"], row["PhysicalResourceId"]
            if type == "AWS::SNS::Topic":
                facts = sns.get_topic_attributes(TopicArn=place)["Attributes"]
                known[row["LogicalResourceId"]] = facts["DisplayName"]
            elif type == "AWS::Events::Rule":
                rule = events.describe_rule(Name=place.rpartition("/")[2])
                known[row["LogicalResourceId"]] = rule["Description"]
        return known

    def change_sets(self) -> list[str]:
        """Those that nobody has executed."""
        rows = self.aws.list_change_sets(StackName=self.name)["Summaries"]
        return [row["ChangeSetName"] for row in rows if row["ExecutionStatus"] == "AVAILABLE"]

    def change_set(self, name: str) -> None:
        """Made with this name, and left there."""
        rows = [{"ParameterKey": "Stage", "UsePreviousValue": True}]
        text = HEAD % "v9" + EXTRA
        words: Any = {"StackName": self.name, "TemplateBody": text, "Parameters": rows}
        self.aws.create_change_set(ChangeSetName=name, ChangeSetType="UPDATE", **words)

    def live(self) -> str:
        return (self.files / "current" / "release.json").read_text()

    def codes(self, plan: Any, level: str = "blocker") -> list[str]:
        return [row["code"] for row in plan["findings"] if row["level"] == level]
