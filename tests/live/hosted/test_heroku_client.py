"""The vendor's own client reads the same server: it must see what we read, and what our rollback left."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import heroku_contract
import pytest
from heroku_server import BAD, GOOD, TOKEN, Heroku
from hosted_site import Site, bed


class Client:
    """The real `heroku`, with a home folder of its own. Another host than this machine would be ignored with a warning."""

    def __init__(self, path: Path, home: Path, url: str) -> None:
        self.path = path
        kept = {key: os.environ[key] for key in ("PATH", "LANG") if key in os.environ}
        folders = {f"XDG_{kind}_HOME": str(home / kind) for kind in ("CONFIG", "CACHE", "DATA")}
        self.environment = {**kept, **folders, "HOME": str(home), "HEROKU_HOST": url, "HEROKU_API_KEY": TOKEN,
                            "DISABLE_TELEMETRY": "true", "HEROKU_SKIP_NEW_VERSION_CHECK": "true"}  # fmt: skip

    def run(self, *words: str) -> str:
        done = subprocess.run(
            [str(self.path), *words],
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def releases(self) -> list[dict[str, Any]]:
        return json.loads(self.run("releases", "--json", "--app", "shop"))


@pytest.fixture
def client(tmp_path: Path, heroku: Heroku) -> Client:
    found = bed("heroku")
    if not found.exists():
        pytest.skip("the heroku client is missing: bash tests/live/beds/hosted.sh install heroku")
    (tmp_path / "client").mkdir()
    return Client(found, tmp_path / "client", heroku.server.url)


def test_it_reads_the_same_releases_and_the_state_that_our_rollback_left(
    site: Site, heroku: Heroku, client: Client
):
    theirs = client.releases()
    ours = site.script("history", "staging")["releases"]
    assert [f"v{row['version']}" for row in theirs] == [row["id"] for row in ours]
    assert [row["slug"] and row["slug"]["id"] for row in theirs] == [
        row["artifact"] for row in ours
    ]
    site.execute(site.plan())
    (current,) = [row for row in client.releases() if row["current"]]
    assert (current["version"], current["description"]) == (7, "Rollback to v4")
    assert (heroku.live, current["status"]) == (f"v7 {GOOD}", "succeeded")
    assert ("GET", "/apps/shop/releases", 200) in heroku.server.log, "the client asked this server"


def test_it_lists_the_same_backups(site: Site, heroku: Heroku, client: Client):
    """Its data host is asked at the port of its other one."""
    for days, succeeded in ((3, True), (2, True), (0.5, False)):
        heroku.back_up(days, succeeded)
    client.environment["HEROKU_DATA_HOST"] = "127.0.0.1"
    listed = client.run("pg:backups", "--app", "shop")
    (newest,) = [line for line in listed.splitlines() if "Completed" in line and "b002" in line]
    site.environment["HEROKU_DATA_HOST"] = heroku.server.url.removeprefix("http://")
    facts = {"platform": "heroku", "heroku": {"app": "shop", "api": heroku.server.url}}
    site.commit_settings({**facts, "database": {"backup": {"heroku": "shop"}}})
    (old,) = [row for row in site.plan()["findings"] if row["code"] == "backup-old"]
    assert "2 d old, more than 24h: backup b002 of shop" in old["message"]
    minute = heroku.transfers[1]["created_at"][:16]
    assert minute in newest and f"{minute} UTC" in old["message"]


def test_what_the_script_lists_for_a_person_does_the_same(
    site: Site, heroku: Heroku, client: Client
):
    plan = site.plan()
    listed = site.bash(Path(plan["run"]) / "rollback.sh", "--list")
    (line,) = re.findall(r"^ +heroku (.*)$", listed, re.MULTILINE)
    client.run(*line.split())
    assert heroku.live == f"v7 {GOOD}"
    assert site.execute(plan)["outcome"] == "already"


def test_our_name_for_what_it_would_have_picked_is_what_it_picks(
    site: Site, heroku: Heroku, client: Client
):
    heroku.set_config(0.1, FEATURE="off")
    (move,) = site.plan()["moves"]
    client.run("rollback", "--app", "shop")
    assert heroku.releases[-1]["description"] == f"Rollback to {move['bare']}"
    assert (move["bare"], move["to"]["id"], heroku.commit()) == ("v6", "v4", BAD)


@pytest.mark.optional
@pytest.mark.parametrize("shape", heroku_contract.SHAPES)
def test_the_shapes_are_those_of_the_published_schema(shape: str):
    file = os.environ.get("HEROKU_SCHEMA")
    if not file:
        pytest.skip("HEROKU_SCHEMA does not name the schema.json of heroku/platform-api")
    schema = json.loads(Path(file).read_text())
    assert heroku_contract.published(schema, shape) == heroku_contract.SHAPES[shape]
