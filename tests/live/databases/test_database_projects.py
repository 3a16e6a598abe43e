"""Every project in `projects/`: v2 is live and broken, and going back to v1 has one expected end."""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from conftest import Server
from database_site import Site
from project_case import Case

ORDER = ("expand", "data", "tightened", "unknown", "contract")


class Sqlite:
    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def create(self, name: str) -> str:
        return f"sqlite:{self.folder / name}.db"

    def run(self, name: str, sql: str) -> str:
        with sqlite3.connect(self.folder / f"{name}.db") as connection:
            if sql.lstrip().upper().startswith(("SELECT", "PRAGMA TABLE")):
                rows = connection.execute(sql).fetchall()
            else:
                rows = connection.executescript(sql).fetchall()
        connection.close()
        return "\n".join("|".join("" if it is None else str(it) for it in row) for row in rows)

    def refusal(self, name: str, statement: str) -> str:
        shutil.copy(self.folder / f"{name}.db", self.folder / "copy.db")
        try:
            self.run("copy", statement)
        except sqlite3.Error as error:
            return str(error)
        return ""


class Postgresql:
    def __init__(self, server: Server) -> None:
        self.server = server

    def create(self, name: str) -> str:
        self.server.create(name)
        return self.server.url(name)

    def run(self, name: str, sql: str) -> str:
        return self.server.sql(f"SET ROLE shop; {sql}", name)

    def refusal(self, name: str, statement: str) -> str:
        try:
            self.run(name, f"BEGIN; {statement}; ROLLBACK")
        except subprocess.CalledProcessError as error:
            return str(error.stderr)
        return ""


class Mariadb:
    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def create(self, name: str) -> str:
        self._client("", f"DROP DATABASE IF EXISTS {name}; CREATE DATABASE {name}")
        return f"mysql://root@localhost/{name}?socket={self.folder}/socket"

    def run(self, name: str, sql: str) -> str:
        return self._client(name, sql).strip()

    def refusal(self, name: str, statement: str) -> str:
        try:
            self._client(name, f"START TRANSACTION; {statement}; ROLLBACK")
        except subprocess.CalledProcessError as error:
            return str(error.stderr)
        return ""

    def _client(self, name: str, sql: str) -> str:
        words = [
            "mariadb",
            "--no-defaults",
            "-u",
            "root",
            "-S",
            f"{self.folder}/socket",
            "-N",
            "-B",
        ]
        done = subprocess.run([*words, name], input=sql, capture_output=True, text=True, check=True)
        return done.stdout.replace("\t", "|")


class Project:
    """The site of a case with its databases, v2 live."""

    def __init__(self, case: Case, root: Path, engine: Any) -> None:
        self.case, self.engine, self.site = case, engine, Site(root)
        urls = {name: engine.create(name.lower()) for name in case.state}
        self.site.environment |= urls
        for days, version in ((9, "v1"), (2, "v2")):
            self._release(version, days)
        for name, other in case.environment.items():
            if other is None:
                del self.site.environment[name]
            else:
                self.site.environment[name] = urls[other]
        self.site.settings(health=True, **({"database": case.database} if case.database else {}))
        self.site.serve()

    def _release(self, version: str, days: float) -> None:
        for path, text in getattr(self.case, version).items():
            file = self.site.project / path
            if text is None:
                file.unlink()
                continue
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        self.site.git("add", "-A")
        self.site.link(self.site.build(version, days, broken=version == "v2"))
        for name, states in self.case.state.items():
            self.engine.run(name.lower(), states[version == "v2"])

    def looks(self) -> dict[str, dict[str, str]]:
        return {
            name: {query: self.engine.run(name.lower(), query) for query in queries}
            for name, queries in self.case.looks.items()
        }


@pytest.fixture(params=Case.names())
def project(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Project]:
    case = Case.load(request.param)
    engines = {
        "sqlite": lambda: Sqlite(tmp_path),
        "postgresql": lambda: Postgresql(request.getfixturevalue("server")),
        "mariadb": lambda: Mariadb(request.getfixturevalue("mariadb").folder),
    }
    with ExitStack() as stack:
        made = Project(case, tmp_path, engines[case.engine]())
        stack.callback(made.site.stop)
        if case.replica:
            replica = stack.enter_context(request.getfixturevalue("server").replica())
            made.site.environment[case.replica] = replica.url(case.replica.lower())
        yield made


def test_going_back_has_its_one_expected_end(project: Project):
    case, expect, site = project.case, project.case.expect, project.site
    before = project.looks()
    check_old_code(project)
    plan = site.plan(*case.ask, check=0 if expect.verdict == "ready" else 6)
    check_plan(case, plan)
    if expect.verdict == "ready":
        done = site.execute(plan, check=expect.exit)
        assert done["outcome"] == expect.outcome, done
        assert site.answer() == (200, "v1")
    assert project.looks() == case.looks
    if expect.verdict == "ready":
        if not expect.restore:
            return
        assert site.restore(plan, check=None)["outcome"] == "restored"
    assert site.answer() == (500, "v2")
    assert project.looks() == before


def check_old_code(project: Project) -> None:
    """What v1 meets on the schema of v2 is what the verdicts say."""
    verdicts = [row.split()[-1] for row in project.case.expect.migrations]
    worst = max(verdicts, key=ORDER.index, default="expand")
    refused = []
    for statement, words in project.case.old_code.items():
        seen = project.engine.refusal(next(iter(project.case.state)).lower(), statement)
        assert bool(words) == bool(seen) and words in seen, (statement, seen)
        refused.append(bool(seen))
    if refused and worst != "unknown":
        assert any(refused) == (worst in ("tightened", "contract"))


def check_plan(case: Case, plan: Any) -> None:
    expect = case.expect
    told = json.dumps(plan["findings"], indent=1, ensure_ascii=False)
    assert plan["verdict"] == expect.verdict, told
    rows = [row for database in plan.get("databases", ()) for row in database["migrations"]]
    assert [f"{row['id']} {row['verdict']}" for row in rows] == expect.migrations, rows
    levels = {finding["code"]: finding["level"] for finding in plan["findings"]}
    assert {code: levels.get(code) for code in expect.findings} == expect.findings, told
    assert not levels.keys() & set(expect.without), told
    assert all(words in told for words in expect.mentions), told
    if expect.order:
        assert {database["order"] for database in plan["databases"]} == {expect.order}
