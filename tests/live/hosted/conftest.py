"""Platforms on a loopback server, each with a history, and the projects that deploy to them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import netlify_server
import pytest
import vercel_server
from heroku_server import BAD, GOOD, OLD, TOKEN, Heroku
from hosted_site import Site, bed
from netlify_server import Netlify
from swagger import Swagger
from vercel_contract import violations
from vercel_server import Vercel

NETLIFY_FILE = bed("netlify-cli").parents[1] / "@netlify/open-api/dist/swagger.json"


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


@pytest.fixture(scope="session")
def vercel_answers() -> Iterator[list[tuple[str, Any]]]:
    """What the loopback server answered in all tests, held against the models once."""
    answers: list[tuple[str, Any]] = []
    yield answers
    assert violations(answers) == []


@pytest.fixture
def vercel(vercel_answers: list[tuple[str, Any]]) -> Iterator[Vercel]:
    """OLD and GOOD served for weeks, one failed to build, BAD is live since this morning."""
    made = Vercel()
    made.deploy(vercel_server.OLD, 30)
    made.deploy(vercel_server.GOOD, 9)
    made.deploy("c" * 40, 3, "ERROR")
    made.bad.add(made.deploy(vercel_server.BAD, 0.2))
    with made.server.serving():
        yield made
    assert made.server.problems == []
    vercel_answers += made.answers


@pytest.fixture
def vercel_site(tmp_path: Path, vercel: Vercel) -> Site:
    health = f"{vercel.server.url}/-/health"
    facts = {"project": vercel.name, "team": vercel.slug, "api": vercel.server.url}
    made = Site(tmp_path, "vercel", health, **facts)
    made.environment["VERCEL_TOKEN"] = vercel_server.TOKEN
    return made


@pytest.fixture(scope="session")
def swagger() -> Swagger:
    """Netlify's own file, of the client's packages."""
    if not NETLIFY_FILE.exists():
        pytest.skip("netlify-cli is missing: bash tests/live/beds/hosted.sh install netlify-cli")
    return Swagger(NETLIFY_FILE)


@pytest.fixture
def netlify(swagger: Swagger) -> Iterator[Netlify]:
    """Two good builds, a preview, a failed one, and a bad one that has been published since this morning."""
    made = Netlify(swagger)
    made.deploy(netlify_server.OLD, 30, state="old")
    made.rows[0]["published_at"] = made.rows[0]["created_at"]
    made.deploy(netlify_server.GOOD, 9)
    made.deploy("d" * 40, 5, context="deploy-preview", branch="fix")
    made.deploy(
        "c" * 40, 3, state="error", error_message="Build script returned non-zero exit code: 2"
    )
    made.pages[made.deploy(netlify_server.BAD, 0.2)["id"]] = (404, "Page not found")
    with made.server.serving():
        yield made
    assert made.server.problems == []


@pytest.fixture
def shop(tmp_path: Path, netlify: Netlify) -> Site:
    """The project of the Netlify site."""
    health = f"{netlify.server.url}/-/health"
    made = Site(tmp_path, "netlify", health, site=netlify.id, api=netlify.server.url)
    made.environment["NETLIFY_AUTH_TOKEN"] = netlify_server.TOKEN
    return made
