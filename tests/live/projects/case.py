"""One project of this bed, as its `project.yml` describes it.

A folder holds `project.yml` and the trees `v1/`, `v2/`, `v3/`: v1 whole, the later ones only what changed. Each
release is committed, tagged and deployed; v3 is live and broken. In every file PORT is a free port of this machine.

    title: One sentence: what it is, and what goes wrong
    platform: docker-compose            # or capistrano, deployer, folders: the module <platform>_bed.py
    images:                             # Compose: name -> version -> what its health path answers (200 by default)
      shop: {v1: 200, v2: 200, v3: 500}
    volumes: {shop: /www}               # images that declare a VOLUME
    deploy: docker compose up -d        # how a person deploys a release; $VERSION is its name, $SCRIPTS our scripts
    before: {v3: rm old.yaml}           # a command before the commit of that release
    then: git checkout -q main          # what happened after the last deploy, before anybody asks for a rollback
    settings: {}                        # further keys of the environment in the settings
    ask: [previous]                     # the words given to plan.py
    ask_from: ../job/checkout           # the folder that plan.py is called in
    expect:
      verdict: ready                    # of the plan; `error` names the code where there is no plan at all
      to: v2                            # where every move goes, by id, version or alias
      apps: [web]                       # what moves
      mentions: [shallow]               # words of the plan's findings, or of the error and its fix
      findings: [left-alone]            # codes that the plan has
      without: [environment-differs]    # codes that it has not
      outcome: done
      exit: 0
      serves: {web: v2}                 # what answers afterwards, asked inside the container
      untouched: [db, migrate]          # the same container, not started again
      prints: {web: [cat /www/version.txt, v2]}
      restored: {web: v3}               # after restore.py; without it, what was served before
    plain:                              # what a person would type, on the same broken release
      run: git checkout -q v2 && docker compose up -d
      serves: {web: v2}
      started: [migrate]                # what it starts again although nobody asked for that
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from msgspec import Struct, convert

HERE = Path(__file__).parent
VERSIONS = ("v1", "v2", "v3")


class Expected(Struct, frozen=True, forbid_unknown_fields=True):
    """The one end of a rollback."""

    verdict: str = "ready"
    error: str | None = None
    to: str | None = None
    apps: list[str] | None = None
    findings: list[str] = []
    mentions: list[str] = []
    without: list[str] = []
    outcome: str = "done"
    exit: int = 0
    serves: dict[str, str] = {}
    untouched: list[str] = []
    prints: dict[str, tuple[str, str]] = {}
    restored: dict[str, str] | None = None


class Plain(Struct, frozen=True, forbid_unknown_fields=True):
    """What a person would type, and what becomes of it."""

    run: str
    serves: dict[str, str] = {}
    started: list[str] = []
    exit: int | None = 0


class Case(Struct, frozen=True, forbid_unknown_fields=True):
    """The whole of a `project.yml`."""

    title: str
    platform: str
    expect: Expected
    plain: Plain | None = None
    images: dict[str, dict[str, int]] = {}
    volumes: dict[str, str] = {}
    deploy: str = "docker compose up -d"
    before: dict[str, str] = {}
    then: str = ""
    settings: dict[str, Any] = {}
    ask: tuple[str, ...] = ("previous",)
    ask_from: str = "."

    @staticmethod
    def names() -> list[str]:
        """Every project of this bed: a folder with a `project.yml`."""
        return sorted(file.parent.name for file in HERE.glob("*/project.yml"))

    @classmethod
    def load(cls, name: str) -> Case:
        return convert(yaml.safe_load((HERE / name / "project.yml").read_text()), cls)
