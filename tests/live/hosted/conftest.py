"""Platforms on a loopback server, each with a history, and the projects that deploy to them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import vercel_server
from heroku_server import BAD, GOOD, OLD, TOKEN, Heroku
from hosted_site import Site
from vercel_contract import violations
from vercel_server import Vercel


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


@pytest.fixture
def vercel() -> Iterator[Vercel]:
    """OLD and GOOD served for weeks, one failed to build, BAD is live since this morning."""
    made = Vercel()
    made.deploy(vercel_server.OLD, 30)
    made.deploy(vercel_server.GOOD, 9)
    made.deploy("c" * 40, 3, "ERROR")
    made.bad.add(made.deploy(vercel_server.BAD, 0.2))
    with made.server.serving():
        yield made
    assert made.server.problems == []
    assert violations(made.answers) == []


@pytest.fixture
def vercel_site(tmp_path: Path, vercel: Vercel) -> Site:
    health = f"{vercel.server.url}/-/health"
    facts = {"project": vercel.name, "team": vercel.slug, "api": vercel.server.url}
    made = Site(tmp_path, "vercel", health, **facts)
    made.environment["VERCEL_TOKEN"] = vercel_server.TOKEN
    return made
