"""One real cluster for the whole lane; a namespace and a project for each test."""

from __future__ import annotations

import itertools
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from cluster import Cluster, Namespace, shop
from helm_shop import Helm
from skill import Project

from tests.live.beds import clusters

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    with clusters.started() as folder:
        yield Cluster(folder / "admin.yaml")


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
def helm4(space: Namespace, tmp_path: Path) -> Helm:
    return Helm(space, tmp_path / "helm", "helm4")


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
