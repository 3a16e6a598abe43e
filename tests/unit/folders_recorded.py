"""Hosts with release folders that answer from a recording instead of a shell."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from msgspec import Struct, structs

from rollback.flow import choose
from rollback.model import Release, Target
from rollback.platforms import release_folders
from rollback.platforms.release_folders.host import command, destination
from rollback.platforms.release_folders.question import QUESTION
from rollback.platforms.release_folders.versions import _TAGS
from rollback.settings.environment import Environment, LedgerEntry
from rollback.settings.model import EnvironmentSettings
from rollback.shell import Shell

CASES = json.loads(
    (Path(__file__).parents[1] / "cases" / "platforms" / "release-folders.json").read_text()
)
RESTART = ("sudo", "systemctl", "reload", "php-fpm")
PATH = "/srv/shop"


class Read(Struct):
    target: Target
    releases: list[Release]

    def named(self, id: str) -> Release:
        return next(release for release in self.releases if release.id == id)

    @property
    def findings(self) -> dict[str, str]:
        """What is told of the whole history: code -> message."""
        return {finding.code: finding.message for finding in self.live.facts["findings"]}

    @property
    def pick(self) -> str:
        """What `previous` is; with a question mark where a plan asks."""
        to = choose.choose(self.releases, "previous").to
        return f"{to.id}?" if to.facts.get("guess") else to.id

    @property
    def live(self) -> Release:
        (live,) = [release for release in self.releases if release.status == "live"]
        return live


def environment(hosts: tuple[str, ...] = (), **settings: Any) -> Environment:
    chosen = EnvironmentSettings(
        path=settings.pop("path", PATH),
        hosts=hosts,
        restart=settings.pop("restart", RESTART),
        **settings,
    )
    return Environment("staging", False, Path("/work"), chosen)


def reply(fp: Any, host: str, lines: list[str], stderr: str = "", returncode: int = 0) -> None:
    """What a host says to the one question, however often it is asked."""
    words = command(destination(host) if host else "", QUESTION, PATH).argv
    fp.register(
        list(words),
        stdout="\n".join(lines) + "\n" if lines else "",
        stderr=stderr,
        returncode=returncode,
        occurrences=3,
    )


def read(
    fp: Any, hosts: dict[str, list[str]], tags: str = "", **records: tuple[LedgerEntry, ...]
) -> Read:
    for host, lines in hosts.items():
        reply(fp, host, lines)
    fp.register(list(_TAGS.argv), stdout=tags)
    where = structs.replace(environment(tuple(host for host in hosts if host)), **records)
    shell = Shell(Path("/"))
    (target,) = release_folders.targets(where, shell)
    return Read(target, *release_folders.releases(where, [target], shell, 50))


@pytest.fixture(autouse=True)
def tools(monkeypatch: pytest.MonkeyPatch) -> None:
    """The programs are there, and the person at the keyboard is ana."""
    monkeypatch.setattr("shutil.which", lambda name, **_: f"/usr/bin/{name}")
    monkeypatch.setenv("SUDO_USER", "ana")


def story(
    *lines: str,
    live: str,
    folders: tuple[str, ...],
    log: str = "capistrano",
    more: tuple[str, ...] = (),
) -> dict[str, list[str]]:
    """One local host, said briefly: releases with a REVISION of their own, and a log."""
    rows = [f"release\tREVISION,\t{name}\t{'0' * 32}{at:08x}" for at, name in enumerate(folders, 1)]
    link = ["path\t/srv/shop", "machine\tbox", f"link\treleases/{live}", f"live\t{live}"]
    return {
        "": [
            *link,
            *rows,
            *([f"log\t{log}"] if lines else []),
            *(f"line\t{line}" for line in lines),
            *more,
        ]
    }


def deployed(name: str, by: str = "ana") -> str:
    return f"Branch main (at abcdef1) deployed as release {name} by {by}"


def back(name: str, by: str = "ana") -> str:
    return f"{by} rolled back to release {name}"


def entry(release: str, verdict: str = "good", artifact: str | None = None) -> LedgerEntry:
    """A line of the ledger about the local host."""
    return LedgerEntry(
        "2026-11-23T04:05:11Z",
        "staging",
        "release-folders",
        "box:/srv/shop",
        "shop",
        release,
        artifact,
        verdict,
    )


def intended(name: str) -> str:
    """Deployer's line, written when a deploy begins: a day apart."""
    return json.dumps(
        {
            "created_at": f"2026-11-{int(name[-2:]):02}T09:00:00+0000",
            "release_name": name,
            "user": "ana",
            "target": "main",
        }
    )


def holds(
    name: str, *entries: str, links: tuple[str, ...] = (), built: tuple[str, ...] = ()
) -> list[str]:
    """Rows about the contents of a release."""
    rows = {
        "entry": (*entries, *links, *built),
        "shared": tuple(f"./{link}" for link in links),
        "built": built,
    }
    return [f"{kind}\t{name}\t{row}" for kind, found in rows.items() for row in found]
