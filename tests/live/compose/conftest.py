"""A Docker engine of our own, images of a small shop, and the Compose binaries: v2 from another suite, v1 from Debian."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from compose_shop import Shop

from tests.live.beds import engine as engines
from tests.live.beds.engine import Engine

RELEASES = {
    "v1": "200",
    "v2": "200",
    "v3": "500",
    "v4": "200",
}  # version -> what its health path answers


@pytest.fixture(scope="session")
def engine() -> Iterator[Engine]:
    with engines.started("10.224.0.0/16") as made:
        yield made


@pytest.fixture(scope="session")
def images(engine: Engine) -> None:
    """shop v1 to v4 (v3 answers 500), two versions of a store."""
    for name, version, status in [
        *((f"shop:{v}", v, status) for v, status in RELEASES.items()),
        ("db:1", "db1", "200"),
        ("db:2", "db2", "200"),
    ]:
        engine.load(name, version, status)


@pytest.fixture(scope="session")
def plugin(engine: Engine) -> None:
    engines.plugin(engine)


@pytest.fixture
def shop(engine: Engine, images: None, plugin: None, tmp_path: Path) -> Iterator[Shop]:
    """A project on Compose v2."""
    project = Shop(engine, tmp_path, ("docker", "compose"))
    yield project
    project.remove()


@pytest.fixture
def old_shop(engine: Engine, images: None, tmp_path: Path) -> Iterator[Shop]:
    """A project on Compose v1."""
    if shutil.which("docker-compose") is None:
        pytest.skip("docker-compose 1.29 is not installed (Debian: docker-compose)")
    project = Shop(engine, tmp_path, ("docker-compose",))
    yield project
    project.remove()
