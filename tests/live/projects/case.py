"""One project of this bed, as its `project.yml` describes it.

A folder holds `project.yml` and the trees `v1/`, `v2/`, `v3/`: v1 whole, the later ones only what changed. Each
release is committed, tagged and deployed; v3 is live and broken. In every file PORT is a free port of this machine,
in those of a cluster NAMESPACE is the project's own namespace.

    title: One sentence: what it is, and what goes wrong
    platform: docker-compose            # or folders, kubernetes, helm: the module <platform>_bed.py
    helm: 3                             # which Helm
    images:                             # Compose: name -> version -> what its health path answers (200 by default)
      shop: {v1: 200, v2: 200, v3: 500}
    volumes: {shop: /www}               # images that declare a VOLUME
    deploy: docker compose up -d        # how a person deploys a release, if not as everybody; $VERSION, $SCRIPTS (ours)
    before: {v3: rm old.yaml}           # a command before the commit of that release
    then: git checkout -q main          # what happened after the last deploy, before anybody asks for a rollback
    settings: {}                        # further keys of the environment in the settings
    clean: kubectl delete pv $NAMESPACE # takes away what is outside the namespace
    ask: [previous]                     # the words given to plan.py
    ask_from: ../job/checkout           # the folder that plan.py is called in
    expect:
      verdict: ready                    # of the plan; `error` names the code where there is no plan at all
      to: v2                            # where every move goes, by id, version or alias
      apps: [web]                       # what moves
      mentions: [shallow]               # words of the plan's findings, or of the error and its fix
      omits: [does not change]          # words that none of them has
      findings: [left-alone]            # codes that the plan has
      without: [environment-differs]    # codes that it has not
      outcome: done
      exit: 0
      serves: {web: v2}                 # what answers afterwards, asked inside the container
      untouched: [db, migrate]          # the same container, not started again
      prints: {web: [cat /www/version.txt, v2]}
      restored: {web: v3}               # after restore.py; without it, what was served before
      restore: false                    # leave that out: it waits minutes for a release that cannot be ready
    plain:                              # what a person would type, on the same broken release
      first: kubectl rollout restart deployment/web  # what makes it the same again, after restore.py
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
ON_CLUSTER = {"kubernetes", "helm"}


class Expected(Struct, frozen=True, forbid_unknown_fields=True):
    """The one end of a rollback."""

    verdict: str = "ready"
    error: str | None = None
    to: str | None = None
    apps: list[str] | None = None
    findings: list[str] = []
    mentions: list[str] = []
    omits: list[str] = []
    without: list[str] = []
    outcome: str = "done"
    exit: int = 0
    serves: dict[str, str] = {}
    untouched: list[str] = []
    prints: dict[str, tuple[str, str]] = {}
    restored: dict[str, str] | None = None
    restore: bool = True


class Plain(Struct, frozen=True, forbid_unknown_fields=True):
    """What a person would type, and what becomes of it."""

    run: str
    first: str = ""
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
    deploy: str = ""
    before: dict[str, str] = {}
    then: str = ""
    settings: dict[str, Any] = {}
    ask: tuple[str, ...] = ("previous",)
    ask_from: str = "."
    helm: int = 3
    clean: str = ""

    @classmethod
    def names(cls, on_cluster: bool) -> list[str]:
        """Every project of a lane: a folder with a `project.yml`."""
        names = sorted(file.parent.name for file in HERE.glob("*/project.yml"))
        return [name for name in names if (cls.load(name).platform in ON_CLUSTER) == on_cluster]

    @classmethod
    def load(cls, name: str) -> Case:
        return convert(yaml.safe_load((HERE / name / "project.yml").read_text()), cls)
