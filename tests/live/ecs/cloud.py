"""An ECS on loopback that runs real containers: services are made and deployed as a pipeline does it."""

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

from tests.live.beds.engine import BEDS, Engine, bed

REGION = "eu-central-1"
ACCOUNT = "111122223333"
SECRET = "s3cretK3yThatNoOutputMayShow"
LOGIN = {"AWS_ACCESS_KEY_ID": ACCOUNT, "AWS_SECRET_ACCESS_KEY": SECRET, "AWS_REGION": REGION}


class Cloud:
    """The emulator. `url` is its endpoint; a client of its own sets the scene, never the product's."""

    def __init__(self, engine: Engine, url: str) -> None:
        self.engine, self.url = engine, url
        self.ecs = self.client(ACCOUNT)

    def client(self, account: str, service: str = "ecs") -> Any:
        session = botocore.session.Session()
        session.set_credentials(account, SECRET)  # the emulator takes a number as the account
        return session.create_client(service, region_name=REGION, endpoint_url=self.url)


class Cluster:
    """A cluster of its own for one test."""

    def __init__(self, cloud: Cloud, account: str = ACCOUNT, name: str = "") -> None:
        self.cloud, self.name = cloud, name or f"c{uuid.uuid4().hex[:8]}"
        self.ecs = cloud.ecs if account == ACCOUNT else cloud.client(account)
        self.ecs.create_cluster(clusterName=self.name)
        self.services: list[str] = []

    def register(self, family: str, image: str, **more: Any) -> str:
        """A task definition of one container; its name, "shop:7"."""
        container = {"name": "app", "image": image, "memory": 16, **more.pop("container", {})}
        answer = self.ecs.register_task_definition(
            family=self.family(family),
            networkMode="bridge",
            containerDefinitions=[container],
            **more,
        )
        return str(answer["taskDefinition"]["taskDefinitionArn"]).rpartition("/")[2]

    def family(self, name: str) -> str:
        """Families belong to the account: each test has its own."""
        return f"{name}-{self.name}"

    def create(self, name: str, image: str, desired: int = 1, **more: Any) -> str:
        """Make a service and wait until it serves; its task definition."""
        definition = self.register(name, image)
        self.ecs.create_service(
            cluster=self.name,
            serviceName=name,
            taskDefinition=definition,
            desiredCount=desired,
            launchType="EC2",
            deploymentConfiguration=more.pop(
                "configuration", {"deploymentCircuitBreaker": {"enable": True, "rollback": True}}
            ),
            **more,
        )
        self.services.append(name)
        self.settled(name)
        return definition

    def deploy(self, name: str, image: str, wait: bool = True, **more: Any) -> str:
        definition = self.register(name, image, **more)
        self.update(name, definition, wait)
        return definition

    def update(self, name: str, definition: str, wait: bool = True) -> None:
        self.ecs.update_service(cluster=self.name, service=name, taskDefinition=definition)
        if wait:
            self.settled(name)

    def service(self, name: str) -> Any:
        return self.ecs.describe_services(cluster=self.name, services=[name])["services"][0]

    def live(self, name: str) -> str:
        return str(self.service(name)["taskDefinition"]).rpartition("/")[2]

    def settled(self, name: str) -> Any:
        """Wait until one deployment has all tasks, or has failed."""
        end = time.monotonic() + 60
        while time.monotonic() < end:
            known = self.service(name)
            primary = next(row for row in known["deployments"] if row["status"] == "PRIMARY")
            if (
                primary["rolloutState"] != "IN_PROGRESS"
                and len(self.versions(name)) == known["desiredCount"]
            ):
                return known
            time.sleep(0.1)
        raise AssertionError(f"{name} does not settle: {self.service(name)['deployments']}")

    def versions(self, name: str) -> list[str]:
        """What the running containers of a service say that they are, from the engine itself."""
        tasks = self.ecs.list_tasks(cluster=self.name, serviceName=name)["taskArns"]
        versions = []
        for task in tasks:
            label = f"label=com.amazonaws.ecs.task-arn={task}"
            words = ("docker", "ps", "-q", "--filter", label)
            for id in self.cloud.engine.run(*words).split():
                form = '{{index .Config.Labels "org.opencontainers.image.version"}}'
                versions.append(self.cloud.engine.run("docker", "inspect", "-f", form, id).strip())
        return sorted(versions)

    def remove(self) -> None:
        for name in self.services:
            with contextlib.suppress(Exception):
                self.ecs.delete_service(cluster=self.name, service=name, force=True)


@contextlib.contextmanager
def started(engine: Engine) -> Iterator[Cloud]:
    """Skips where the bed cannot be had."""
    bed("ecs.sh", "install")
    python = bed_path("python")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = engine.root / "emulator.log"
    with log.open("w") as output:
        process = subprocess.Popen(
            [
                python,
                str(BEDS / "ministack_ecs.py"),
                "--port",
                str(port),
                "--data-dir",
                str(engine.root / "ms"),
            ],
            env={**engine.environment, "LOG_LEVEL": "WARNING"},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        _await(port, process, log)
        yield Cloud(engine, f"http://127.0.0.1:{port}")
    finally:
        process.terminate()
        process.wait(20)


def bed_path(word: str) -> str:
    words = ["bash", str(BEDS / "ecs.sh"), word]
    return subprocess.run(words, capture_output=True, text=True, check=True).stdout.strip()


def _await(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + 30
    while time.monotonic() < end:
        if process.poll() is not None:
            pytest.skip(f"the emulator ended: {log.read_text()[-400:]}")
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.1)
    pytest.skip("the emulator does not start")


def foreign(name: str) -> bool:
    """Whether a variable of this account could lead a test elsewhere."""
    return name.startswith(("AWS_", "CLAUDE", "XDG_", "GIT_", "DOCKER")) or name.lower().endswith(
        "_proxy"
    )


def environment(home: Path) -> dict[str, str]:
    """What the product's programs get: nothing of this account."""
    kept = {key: value for key, value in os.environ.items() if not foreign(key)}
    aws = os.path.dirname(bed_path("aws"))
    nowhere = {
        name: str(home / "absent") for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE")
    }
    return {
        **kept,
        **LOGIN,
        **nowhere,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_MAX_ATTEMPTS": "2",
        "HOME": str(home),
        "PATH": f"{aws}:{os.environ['PATH']}",
    }
