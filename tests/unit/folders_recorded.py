"""Hosts with release folders that answer from a recording instead of a shell."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from msgspec import Struct

from rollback.environment import Environment
from rollback.model import Release, Target
from rollback.platforms import release_folders
from rollback.platforms.release_folders.host import command, destination
from rollback.platforms.release_folders.question import QUESTION
from rollback.platforms.release_folders.versions import _TAGS
from rollback.settings import EnvironmentSettings
from rollback.shell import Shell

CASES = json.loads((Path(__file__).parents[1] / "cases" / "platforms" / "release-folders.json").read_text())
RESTART = ("sudo", "systemctl", "reload", "php-fpm")
PATH = "/srv/shop"


class Read(Struct):
    target: Target
    releases: list[Release]

    def named(self, id: str) -> Release:
        return next(release for release in self.releases if release.id == id)

    @property
    def live(self) -> Release:
        (live,) = [release for release in self.releases if release.status == "live"]
        return live


def environment(hosts: tuple[str, ...] = (), **settings: Any) -> Environment:
    chosen = EnvironmentSettings(path=settings.pop("path", PATH), hosts=hosts, restart=settings.pop("restart", RESTART), **settings)
    return Environment("staging", False, Path("/work"), chosen)


def reply(fp: Any, host: str, lines: list[str], stderr: str = "", returncode: int = 0) -> None:
    """What a host says to the one question, however often it is asked."""
    words = command(destination(host) if host else "", QUESTION, PATH).argv
    fp.register(list(words), stdout="\n".join(lines) + "\n" if lines else "", stderr=stderr, returncode=returncode, occurrences=3)


def read(fp: Any, hosts: dict[str, list[str]], tags: str = "") -> Read:
    for host, lines in hosts.items():
        reply(fp, host, lines)
    fp.register(list(_TAGS.argv), stdout=tags)
    where, shell = environment(tuple(host for host in hosts if host)), Shell(Path("/"))
    (target,) = release_folders.targets(where, shell)
    return Read(target, *release_folders.releases(where, [target], shell, 50))


@pytest.fixture(autouse=True)
def tools(monkeypatch: pytest.MonkeyPatch) -> None:
    """The programs are there, and the person at the keyboard is ana."""
    monkeypatch.setattr("shutil.which", lambda name, **_: f"/usr/bin/{name}")
    monkeypatch.setenv("SUDO_USER", "ana")


def story(*lines: str, live: str, folders: tuple[str, ...], log: str = "capistrano", more: tuple[str, ...] = ()) -> dict[str, list[str]]:
    """One local host, said briefly: releases with a REVISION of their own, and a log."""
    rows = [f"release\tREVISION,\t{name}\t{'0' * 32}{at:08x}" for at, name in enumerate(folders, 1)]
    link = ["path\t/srv/shop", "machine\tbox", f"link\treleases/{live}", f"live\t{live}"]
    return {"": [*link, *rows, *([f"log\t{log}"] if lines else []), *(f"line\t{line}" for line in lines), *more]}


def deployed(name: str, by: str = "ana") -> str:
    return f"Branch main (at abcdef1) deployed as release {name} by {by}"


def back(name: str, by: str = "ana") -> str:
    return f"{by} rolled back to release {name}"
