"""A Docker engine of our own with an emulator of ECS on it, and images of a small shop."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import cloud as clouds
import pytest
from blue_green import BlueGreen
from cloud import Cloud, Cluster
from codedeploy_server import CodeDeploy
from ecs_site import Site
from proxy import Proxy

from tests.live.beds import engine as engines
from tests.live.beds.engine import Engine


@pytest.fixture(scope="session")
def engine() -> Iterator[Engine]:
    with engines.started("10.231.0.0/16") as made:
        for version, status in (("v1", "200"), ("v2", "200"), ("v3", "200"), ("bad", "500")):
            made.load(f"shop:{version}", version, status)
        yield made


@pytest.fixture(scope="session")
def cloud(engine: Engine) -> Iterator[Cloud]:
    with clouds.started(engine) as made:
        yield made


@pytest.fixture
def cluster(cloud: Cloud) -> Iterator[Cluster]:
    made = Cluster(cloud)
    yield made
    made.remove()


@pytest.fixture
def shop(cluster: Cluster, tmp_path: Path) -> Site:
    """One service: v1, then v2 are good, `bad` is live."""
    cluster.create("shop", "shop:v1")
    cluster.deploy("shop", "shop:v2")
    cluster.deploy("shop", "shop:bad")
    return Site(tmp_path, cluster, "shop")


@pytest.fixture
def codedeploy(cluster: Cluster) -> Iterator[CodeDeploy]:
    """v1 as the service was made, v2 is good, `bad` is live."""
    made = CodeDeploy(BlueGreen(cluster, "shop", "shop:v1"))
    made.deploy("shop:v2")
    made.deploy("shop:bad")
    yield made
    made.close()
    assert made.problems == []


@pytest.fixture
def watched(cluster: Cluster, codedeploy: CodeDeploy) -> Iterator[Proxy]:
    with Proxy(cluster.cloud.url).serving() as made:
        made.behind = codedeploy
        yield made


@pytest.fixture
def green(cluster: Cluster, watched: Proxy, tmp_path: Path) -> Site:
    """The service that CodeDeploy moves, as the product meets it."""
    made = Site(tmp_path, cluster, "shop")
    made.endpoint(watched.url)
    return made
