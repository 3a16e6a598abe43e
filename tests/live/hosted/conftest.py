"""A Heroku app of seven releases on a loopback server, and the project that deploys it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from heroku_server import BAD, GOOD, OLD, TOKEN, Heroku
from hosted_site import Site


@pytest.fixture
def heroku() -> Iterator[Heroku]:
    """v3 and v4 (config only) are good code, v5 failed, v6 is bad and live since this morning; v1 has no code."""
    made = Heroku()
    made.release("Initial release", None, {}, "2025-01-01T00:00:00Z")
    made.deploy(OLD, 30)
    made.deploy(GOOD, 9)
    made.set_config(8, FEATURE="on")
    made.deploy("c" * 40, 3, "failed")
    made.deploy(BAD, 0.2)
    made.slugs[made.releases[-1]["slug"]["id"]]["bad"] = True
    with made.server.serving():
        yield made
    assert made.server.problems == []


@pytest.fixture
def site(tmp_path: Path, heroku: Heroku) -> Site:
    health = f"{heroku.server.url}/-/health"
    made = Site(tmp_path, "heroku", health, app=heroku.app, api=heroku.server.url)
    made.environment["HEROKU_API_KEY"] = TOKEN
    return made
