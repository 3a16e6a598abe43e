"""One project with a database, as its file in `projects/` describes it.

A file is a whole story: v1 is good, v2 is live and broken, and somebody goes back to v1.

    title: One sentence: what it is, and what goes wrong
    engine: postgresql            # or sqlite, mariadb
    v1: {path: text}              # files of the release to go back to
    v2: {path: text}              # laid over them; null: the file is gone
    state:                        # what each release (and whoever else) did to its database, as SQL
      SHOP_URL: [with v1, with v2]  # one database per variable
    environment: {SHOP_URL: STOCK_URL}  # variable -> the one whose value it has by mistake; null: not set
    replica: SHOP_URL             # holds the URL of a server that only follows
    database: {url: SHOP_URL}     # settings; a list of several; null: none
    ask: [--with-db]              # further words given to plan.py
    old_code: {statement: error}  # what v1 runs on the schema of v2, and what it meets; "": it works
    expect:
      verdict: ready              # of the plan
      migrations: [2 contract]    # all that the plan names, newest first, with their verdicts
      findings: {code: level}     # those that the plan has
      without: [code]             # those that it has not
      mentions: [words]           # in the findings and their fixes
      order: before-app           # where the database goes back
      outcome: done               # of the rollback
      exit: 0
      restore: false              # leave that out: another project shows it
    looks:                        # a query -> what it prints after the rollback; what it printed before, after restore
      SHOP_URL: {query: lines}
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from msgspec import Struct, convert, field

HERE = Path(__file__).parent / "projects"


class Expected(Struct, frozen=True, forbid_unknown_fields=True):
    """The one end of a rollback."""

    verdict: str = "ready"
    migrations: list[str] = []
    findings: dict[str, str] = {}
    without: list[str] = []
    mentions: list[str] = []
    order: str | None = None
    outcome: str = "done"
    exit: int = 0
    restore: bool = True


class Case(Struct, frozen=True, forbid_unknown_fields=True):
    """The whole of a file."""

    title: str
    engine: str
    v1: dict[str, str]
    v2: dict[str, str | None]
    expect: Expected
    state: dict[str, tuple[str, str]] = {}
    environment: dict[str, str | None] = {}
    replica: str = ""
    database: dict[str, Any] | list[dict[str, Any]] | None = field(
        default_factory=lambda: {"url": "SHOP_URL"}
    )
    ask: tuple[str, ...] = ()
    old_code: dict[str, str] = {}
    looks: dict[str, dict[str, str]] = {}

    @classmethod
    def names(cls) -> list[str]:
        return sorted(file.stem for file in HERE.glob("*.yml"))

    @classmethod
    def load(cls, name: str) -> Case:
        return convert(yaml.safe_load((HERE / f"{name}.yml").read_text()), cls)
