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
from hosted_site import Site
from vercel_contract import bed
from vercel_server import BAD, GOOD, OLD, TOKEN, Vercel


class Client:
    """The real `vercel`, with a home folder of its own, linked to the project."""

    def __init__(self, path: Path, home: Path, vercel: Vercel) -> None:
        self.path, self.home, self.url = path, home, vercel.server.url
        kept = {key: os.environ[key] for key in ("PATH", "LANG") if key in os.environ}
        folders = {f"XDG_{kind}_HOME": str(home / kind) for kind in ("CONFIG", "CACHE", "DATA")}
        quiet = {"VERCEL_TELEMETRY_DISABLED": "1", "NO_UPDATE_NOTIFIER": "1", "CI": "1"}
        self.environment = {**kept, **folders, **quiet, "HOME": str(home), "VERCEL_TOKEN": TOKEN}
        link = home / ".vercel/project.json"
        link.parent.mkdir()
        link.write_text(json.dumps({"projectId": vercel.id, "orgId": vercel.team}))

    def run(self, *words: str, check: bool = True) -> str:
        done = subprocess.run(
            [str(self.path), "--api", self.url, *words],
            env=self.environment,
            cwd=self.home,
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert not check or done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    def deployments(self) -> list[dict[str, Any]]:
        shown = self.run("ls", "--prod", "--json")
        listed: list[dict[str, Any]] = json.loads(
            shown[shown.index("{") :].rpartition("}")[0] + "}"
        )["deployments"]
        return listed  # fmt: skip


@pytest.fixture
def client(tmp_path: Path, vercel: Vercel) -> Client:
    path = bed("path", "vercel")
    if not path.exists():
        pytest.skip("the vercel client is missing: bash tests/live/beds/hosted.sh install vercel")
    (tmp_path / "client").mkdir()
    return Client(path, tmp_path / "client", vercel)


def listed(site: Site, plan: Any, script: str) -> list[list[str]]:
    """What a script lists for a person to paste: the words after `vercel`."""
    shown = site.bash(Path(plan["run"]) / script, "--list")
    lines = [line.strip() for line in shown.splitlines() if line.strip().startswith("vercel ")]
    return [split(part)[1:] for line in lines for part in line.split(" && ")]


def test_it_lists_the_same_deployments_and_waits_for_no_rollback_of_ours(
    vercel_site: Site, vercel: Vercel, client: Client
):
    ours = vercel_site.script("history", "staging")["releases"]
    urls = {row["uid"]: row["url"] for row in vercel.rows}
    assert [row["url"] for row in client.deployments()] == [urls[row["id"]] for row in ours]
    vercel_site.execute(vercel_site.plan())
    told = client.run("rollback", "status", "--yes")
    assert "was rolled back to" in told and vercel.uid(GOOD) in told
    seen = client.run("inspect", vercel.by(vercel.uid(GOOD))["url"])
    assert vercel.uid(GOOD) in seen and vercel.live == {vercel.uid(GOOD)}


def test_its_form_without_a_deployment_changes_nothing(vercel: Vercel, client: Client):
    """It prints a status and exits 0, which is why no script of ours uses it."""
    client.run("rollback", "--yes")
    assert vercel.server.changes() == [] and vercel.live == {vercel.uid(BAD)}


def test_what_the_scripts_list_for_a_person_does_the_same(
    vercel_site: Site, vercel: Vercel, client: Client
):
    plan = vercel_site.plan()
    (there,) = listed(vercel_site, plan, "rollback.sh")
    client.run(*there)
    assert vercel.live == {vercel.uid(GOOD)} and vercel.auto_assign is False
    assert vercel_site.execute(plan)["outcome"] == "already"
    (back,) = listed(vercel_site, plan, "restore.sh")
    client.run(*back)
    assert vercel.live == {vercel.uid(BAD)} and vercel.auto_assign is True


def test_a_listed_restore_leaves_auto_assign_off_where_it_was_off(
    vercel_site: Site, vercel: Vercel, client: Client
):
    vercel.auto_assign = False
    plan = vercel_site.plan()
    client.run(*listed(vercel_site, plan, "rollback.sh")[0])
    for words in listed(vercel_site, plan, "restore.sh"):
        client.run(*words)
    assert vercel.live == {vercel.uid(BAD)} and vercel.auto_assign is False


def test_listed_commands_move_single_domains_there_and_back(
    vercel_site: Site, vercel: Vercel, client: Client
):
    """One domain stayed on the bad deployment: it is all that has to move."""
    vercel.served["shop.vercel.app"], vercel.production = [vercel.uid(GOOD)] * 2
    before = dict(vercel.served)
    plan = vercel_site.plan()
    for words in listed(vercel_site, plan, "rollback.sh"):
        client.run(*words)
    assert (vercel.live, vercel.auto_assign) == ({vercel.uid(GOOD)}, False)
    for words in listed(vercel_site, plan, "restore.sh"):
        client.run(*words)
    assert (vercel.served, vercel.auto_assign) == (before, True)


def test_the_command_that_turns_auto_assign_on_does_so(
    vercel_site: Site, vercel: Vercel, client: Client
):
    vercel_site.execute(vercel_site.plan())
    opened = vercel_site.plan("status")["open"]
    (note,) = [line for line in opened if "auto-assign" in line]
    (command,) = re.findall(r"or vercel (api .*)$", note)
    assert vercel.auto_assign is False
    client.run(*split(command))
    assert vercel.auto_assign is True
    assert not any("auto-assign" in line for line in vercel_site.plan("status")["open"])


def test_both_end_at_the_same_deployment_for_a_named_one(
    vercel_site: Site, vercel: Vercel, client: Client
):
    vercel_site.execute(vercel_site.plan(vercel.by(vercel.uid(OLD))["url"]), check=None)
    assert vercel.live == {vercel.uid(OLD)}
    vercel.auto_assign = True
    vercel.assign(vercel.uid(BAD))
    client.run("rollback", vercel.by(vercel.uid(OLD))["url"], "--yes")
    assert vercel.live == {vercel.uid(OLD)}


def test_the_login_of_the_client_serves_as_well(vercel_site: Site, vercel: Vercel, client: Client):
    """As `vercel login` leaves it: the client itself proves that the file is one."""
    del client.environment["VERCEL_TOKEN"], vercel_site.environment["VERCEL_TOKEN"]
    data = Path(client.environment["XDG_DATA_HOME"])
    file = data / "com.vercel.cli/auth.json"
    file.parent.mkdir(parents=True)
    file.write_text(
        json.dumps({"// Note": "This is your Vercel credentials file.", "token": TOKEN})
    )
    assert vercel.uid(BAD) in client.run("inspect", vercel.by(vercel.uid(BAD))["url"])
    vercel_site.environment["XDG_DATA_HOME"] = str(data)
    assert vercel_site.execute(vercel_site.plan())["outcome"] == "done"
    assert vercel.live == {vercel.uid(GOOD)}
