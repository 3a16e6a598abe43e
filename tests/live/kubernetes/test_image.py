"""An image that its registry no longer has, asked from a real registry."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from cluster import Cluster, Namespace, shop, wait_for
from skill import Project

KIND = "application/vnd.docker.distribution.manifest.v2+json,application/vnd.oci.image.manifest.v1+json"


class Registry:
    """A registry on loopback, without a login, that lets manifests be deleted."""

    def __init__(self, folder: Path, cluster: Cluster) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.host = f"localhost:{free.getsockname()[1]}"
        settings = {"version": 0.1, "log": {"level": "error"}, "http": {"addr": self.host},
                    "storage": {"filesystem": {"rootdirectory": str(folder / "data")}, "delete": {"enabled": True}}}  # fmt: skip
        (folder / "registry.yml").write_text(json.dumps(settings))
        self.cluster = cluster
        words = ["docker-registry", "serve", folder / "registry.yml"]
        self.process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_for(self._answers, "the registry")

    def push(self, tag: str) -> str:
        name = f"{self.host}/shop:{tag}"
        self.cluster.image(name, tag)
        self.cluster.containerd("images", "push", "--plain-http", name)
        return name

    def delete(self, tag: str) -> None:
        url = f"http://{self.host}/v2/shop/manifests"
        with urllib.request.urlopen(
            urllib.request.Request(f"{url}/{tag}", headers={"Accept": KIND})
        ) as answer:
            digest = answer.headers["Docker-Content-Digest"]
        urllib.request.urlopen(urllib.request.Request(f"{url}/{digest}", method="DELETE")).close()

    def _answers(self) -> bool:
        try:
            urllib.request.urlopen(f"http://{self.host}/v2/", timeout=2).close()
        except OSError:
            return False
        return True


@pytest.fixture
def registry(cluster: Cluster, tmp_path: Path) -> Iterator[Registry]:
    if shutil.which("docker-registry") is None:
        pytest.skip("docker-registry is not installed")
    made = Registry(tmp_path, cluster)
    yield made
    made.process.terminate()
    made.process.wait(20)


def test_a_release_whose_image_is_gone_is_not_gone_back_to(
    space: Namespace, project: Project, registry: Registry
) -> None:
    for tag in ("v1", "v2"):
        space.apply(
            shop(container={"image": registry.push(tag), "imagePullPolicy": "IfNotPresent"})
        )
        space.settled("deployment/web")
    assert not {"artifact-gone", "image-unknown"} & set(project.plan().codes)
    registry.delete("v1")
    plan = project.plan()
    told = next(one for one in plan["findings"] if one["code"] == "artifact-gone")
    assert (plan["verdict"], f"{registry.host}/shop:v1" in told["message"]) == ("blocked", True)
    registry.process.terminate()
    registry.process.wait(20)
    assert "image-unknown" in project.plan().codes, (
        "who does not answer says nothing against a release"
    )


def test_a_restore_of_a_release_whose_image_is_gone_does_not_wait_for_it(
    web: Namespace, project: Project
) -> None:
    """Pulls that fail, one try after the other, are as final as those that are put off."""
    gone = {"image": "localhost:9/shop:v9", "imagePullPolicy": "Always"}
    web.apply(shop(container=gone))
    waiting = "{.items[*].status.containerStatuses[*].state.waiting.reason}"
    wait_for(
        lambda: "ImagePull" in web("get", "pods", "-o", f"jsonpath={waiting}"), "a failed pull"
    )
    plan = project.plan()
    assert project.execute(plan).exit == 0
    began = time.monotonic()
    restored = project.restore(plan)
    assert restored.exit == 7 and "ImagePull" in restored.text
    assert time.monotonic() - began < 60
