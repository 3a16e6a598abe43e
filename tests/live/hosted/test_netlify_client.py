"""The vendor's own client reads the same server: it must see what we read, and what our rollback left."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path
from shlex import split
from typing import Any

import pytest
from hosted_site import Site, bed
from netlify_server import BAD, GOOD, TOKEN, Netlify

LOGIN = {"userId": "5f01", "users": {"5f01": {"id": "5f01", "auth": {"token": TOKEN}}}}


class Client:
    """The real `netlify`, logged in by its own file, in a home folder that it shares with the project."""

    def __init__(self, path: Path, home: Path, netlify: Netlify) -> None:
        self.path, self.home = path, home
        kept = {key: os.environ[key] for key in ("PATH", "LANG") if key in os.environ}
        quiet = {"CI": "1", "DO_NOT_TRACK": "1", "NO_UPDATE_NOTIFIER": "1", "NO_COLOR": "1"}
        url = f"{netlify.server.url}/api/v1"
        place = {"HOME": str(home), "NETLIFY_API_URL": url, "NETLIFY_SITE_ID": netlify.id}
        self.environment = {**kept, **quiet, **place}
        file = home / ".config/netlify/config.json"
        file.parent.mkdir(parents=True)
        file.write_text(json.dumps(LOGIN))

    def run(self, *words: str, check: int = 0) -> str:
        done = subprocess.run(
            [str(self.path), *words],
            env=self.environment,
            cwd=self.home,
            capture_output=True,
            text=True,
            timeout=180,
        )
        assert done.returncode == check, done.stdout + done.stderr
        return done.stdout if check == 0 else done.stdout + done.stderr

    def call(self, operation: str, **data: str) -> Any:
        answer = self.run("api", operation, "--data", json.dumps(data))
        return json.loads(answer) if answer.strip() else None


@pytest.fixture
def client(shop: Site, netlify: Netlify) -> Client:
    path = bed("netlify-cli")
    if not path.exists():
        pytest.skip("netlify-cli is missing: bash tests/live/beds/hosted.sh install netlify-cli")
    del shop.environment["NETLIFY_AUTH_TOKEN"]
    return Client(path, shop.root, netlify)


def test_it_reads_the_same_deploys_and_the_state_that_our_rollback_left(
    shop: Site, netlify: Netlify, client: Client
):
    theirs = client.call("listSiteDeploys", site_id=netlify.id)
    ours = shop.script("history", "staging")["releases"]
    production = [row for row in theirs if row["context"] == "production"]
    assert [row["id"] for row in production] == [row["id"] for row in ours]
    assert [row["commit_ref"] for row in production] == [row["commit"] for row in ours]
    shop.execute(shop.plan())
    published = client.call("getSite", site_id=netlify.id)["published_deploy"]
    assert (published["commit_ref"], published["locked"]) == (GOOD, True)
    refused = client.run(
        "deploy", "--prod", "--no-build", "--dir", "project", "--site", "shop", check=1
    )
    assert "locked" in refused and netlify.live == f"{GOOD} locked"


def test_what_the_scripts_list_for_a_person_does_the_same(
    shop: Site, netlify: Netlify, client: Client
):
    plan = shop.plan()
    run = Path(plan["run"])
    for line in listed(shop, run / "rollback.sh"):
        client.run(*split(line)[1:])
    assert netlify.live == f"{GOOD} locked"
    assert shop.execute(plan)["outcome"] == "already"
    for line in listed(shop, run / "restore.sh"):
        client.run(*split(line)[1:])
    assert netlify.live == f"{BAD} open"


def listed(shop: Site, script: Path) -> list[str]:
    return re.findall(r"^ +(netlify .*)$", shop.bash(script, "--list"), re.MULTILINE)


def test_our_name_for_what_it_would_have_picked_is_what_it_picks(
    shop: Site, netlify: Netlify, client: Client
):
    """The request is the client's; what a server picks for it is assumed."""
    (move,) = shop.plan()["moves"]
    client.run("api", "rollbackSiteDeploy", "--data", json.dumps({"site_id": netlify.id}))
    assert netlify.published and netlify.published["id"] == move["bare"]
    assert ("PUT", f"/api/v1/sites/{netlify.id}/rollback", 204) in netlify.server.log
