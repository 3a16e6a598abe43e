"""One real cluster for the whole lane; a namespace and a project for each test."""

from __future__ import annotations

import itertools
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from cluster import BEDS, Cluster, Namespace, shop
from helm_shop import Helm
from skill import Project

BED = BEDS / "kubernetes/bed.sh"
_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """KUBERNETES_BED=<dir> of a started bed saves the start; else it is built once (minutes), started and stopped here."""
    if running := os.environ.get("KUBERNETES_BED"):
        yield Cluster(Path(running) / "admin.yaml")
        return
    if os.geteuid() != 0:
        pytest.skip("the cluster's node needs root")
    if shutil.which("go") is None and not os.environ.get("CI"):
        pytest.skip("the cluster is built from Go modules, and Go is not installed")
    subprocess.run(["bash", BED, "build"], check=True, stdout=subprocess.DEVNULL)
    folder = tmp_path_factory.mktemp("bed")
    try:
        subprocess.run(["bash", BED, "start", folder], check=True, stdout=subprocess.DEVNULL)
        yield Cluster(folder / "admin.yaml")
    finally:
        subprocess.run(["bash", BED, "stop", folder], check=False, stdout=subprocess.DEVNULL)


@pytest.fixture
def space(cluster: Cluster) -> Iterator[Namespace]:
    made = cluster.namespace(f"t{os.getpid()}-{next(_numbers)}")
    yield made
    cluster.kubectl("delete", "namespace", made.name, "--wait=false")


@pytest.fixture
def web(space: Namespace) -> Namespace:
    """Deployment `web` with a good v1."""
    space.apply(shop())
    space.settled("deployment/web")
    return space


@pytest.fixture
def project(cluster: Cluster, space: Namespace, tmp_path: Path) -> Project:
    return Project(tmp_path / "project", cluster, namespace=space.name)


@pytest.fixture(params=["helm3", "helm4"])
def both(request: pytest.FixtureRequest, space: Namespace, tmp_path: Path) -> Helm:
    """Each Helm in turn."""
    return Helm(space, tmp_path / "helm", request.param)


@pytest.fixture
def helm(space: Namespace, tmp_path: Path) -> Helm:
    """Helm 3, where both do the same."""
    return Helm(space, tmp_path / "helm", "helm3")


@pytest.fixture
def releases(cluster: Cluster, tmp_path: Path) -> Callable[..., Project]:
    """A project whose releases (`shop` unless named) are those of this Helm."""

    def make(helm: Helm, *names: str) -> Project:
        settings = {
            "namespace": helm.space.name,
            "platform": "helm",
            "releases": list(names) or ["shop"],
        }
        made = Project(tmp_path / f"project{next(_numbers)}", cluster, **settings)
        made.environment |= helm.environment
        return made

    return make


@pytest.fixture
def make_project(tmp_path: Path) -> Callable[..., Project]:
    def make(cluster: Cluster, **settings: Any) -> Project:
        return Project(tmp_path / f"project{next(_numbers)}", cluster, **settings)

    return make
