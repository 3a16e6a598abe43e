"""One system of four parts: front end, API, its database, infrastructure; all real, on one machine."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

LIVE = Path(__file__).parents[1]
sys.path[:0] = [str(LIVE / name) for name in ("compose", "databases")]

from compose_shop import Shop  # noqa: E402
from system import System, missing  # noqa: E402

from tests.live.beds import engine as engines  # noqa: E402


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """v2, and the live v3, which answers 500 in front end and API. Every test leaves v3 live."""
    if lacks := missing():
        pytest.skip(lacks)
    with engines.started("10.232.0.0/16") as engine:
        engines.plugin(engine)
        for version, status in (("v2", "200"), ("v3", "500")):
            engine.load(f"shop:{version}", version, status)
        engine.load("db:1", "db1", "200")
        root = tmp_path_factory.mktemp("journey")
        made = System(Shop(engine, root, ("docker", "compose")), root)
        try:
            made.released()
            yield made
        finally:
            made.remove()
