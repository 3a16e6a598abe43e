"""ECS through CodeDeploy, whole way: plan, rollback with real containers, its proof, and its undo."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from blue_green import BlueGreen
from cloud import Cluster
from codedeploy_server import CodeDeploy
from ecs_site import Site
from proxy import Proxy


@pytest.fixture
def codedeploy(cluster: Cluster) -> Iterator[CodeDeploy]:
    """v1 as the service was made, v2 is good, `bad` is live."""
    made = CodeDeploy(BlueGreen(cluster, "shop", "shop:v1"))
    made.deploy("shop:v2")
    made.deploy("shop:bad")
    yield made
    assert made.problems == []


@pytest.fixture
def proxy(cluster: Cluster, codedeploy: CodeDeploy) -> Iterator[Proxy]:
    with Proxy(cluster.cloud.url).serving() as made:
        made.behind = codedeploy
        yield made


@pytest.fixture
def site(cluster: Cluster, proxy: Proxy, tmp_path: Path) -> Site:
    made = Site(tmp_path, cluster, "shop")
    made.endpoint(proxy.url)
    return made


def test_the_last_good_definition_comes_back_through_codedeploy_and_goes_again(
    site: Site, codedeploy: CodeDeploy, proxy: Proxy
) -> None:
    family = site.cluster.family("shop")
    plan = site.plan()
    (move,) = plan["moves"]
    assert (move["current"]["id"], move["to"]["id"]) == (f"{family}:3", f"{family}:2")
    proxy.log.clear()
    done = site.execute(plan)
    assert codedeploy.service.versions() == ["v2"]
    assert done["targets"][0]["state"] == "rolled-back"
    assert proxy.changes() == ["CreateDeployment"]
    site.restore(plan)
    assert codedeploy.service.versions() == ["bad"]
    script = (Path(plan["run"]) / "rollback.sh").read_text()
    assert len(script.splitlines()) <= 150 and "create-deployment" in script
    body = json.loads(next(Path(plan["run"], "state/app").glob("*-2.json")).read_text())
    assert body["applicationName"] == "AppECS-shop"
