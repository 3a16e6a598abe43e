"""A Compose project on an engine that answers from a recording of the real one."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from rollback.environment import Environment, LedgerEntry
from rollback.flow.choose import live
from rollback.model import Command, Evidence, Move, Release, Target
from rollback.platforms import docker_compose
from rollback.platforms.docker_compose.engine import ROUTE
from rollback.settings import EnvironmentSettings
from rollback.shell import Answer, Shell

CASES: list[dict[str, Any]] = json.loads((Path(__file__).parents[1] / "cases" / "platforms" / "docker-compose.json").read_text())


class Recorded(Shell):
    """Answers what was asked when it was recorded; `changed` lays other answers over it, by the beginning of the question."""

    def __init__(self, root: Path, case: dict[str, Any]) -> None:
        super().__init__(root)
        self.answers = {question: (status, out, err) for question, status, out, err in case["answers"]}
        self.changed: dict[str, tuple[int, str, str]] = {}
        self.asked: list[str] = []

    def ask(self, command: Command) -> Answer:
        question = re.sub(r"/proc/\d+/fd/\d+", "/proc/PID/fd/N", " ".join(command.argv)).replace(str(self.cwd), "/srv/shop")
        question = re.sub(r"^/\S+/(docker(?:-compose)?) ", r"\1 ", question)
        self.asked.append(question)
        recorded = self.answers.get(question, (1, "", ""))
        status, out, err = next((answer for start, answer in self.changed.items() if question.startswith(start)), recorded)
        assert question in self.answers or status == 0 or err, f"never recorded: {question}"
        return Answer((status, out.replace("/srv/shop", str(self.cwd)), err))


class Project:
    """The project of a case on disk, and the adapter's reading of it."""

    def __init__(self, root: Path, case: dict[str, Any]) -> None:
        self.root = root / "shop"
        self.root.mkdir()
        (self.root / case["file"]).write_text(case["text"])
        (self.root / ".env").write_text("TAG=v3\n")
        self.case, self.shell = case, Recorded(self.root, case)
        self.settings, self.ledger = EnvironmentSettings(), ()

    @property
    def environment(self) -> Environment:
        evidence = (Evidence(80, self.case["file"], ()),)
        return Environment("staging", False, self.root, self.settings, evidence=evidence, ledger=tuple(self.ledger))

    @property
    def target(self) -> Target:
        (target,) = docker_compose.targets(self.environment, self.shell)
        return target

    def releases(self) -> list[Release]:
        (found,) = docker_compose.releases(self.environment, [self.target], self.shell, 50)
        return found

    def moves(self, id: str) -> list[Move]:
        found = self.releases()
        return docker_compose.moves(self.target, live(found), next(one for one in found if one.id == id))

    def entry(self, release: str, artifact: str, verdict: str = "good", app: str = "web", at: str = "2026-11-24T00:00:00Z") -> LedgerEntry:
        return LedgerEntry(at, "staging", "docker-compose", self.target.where, app, release, artifact, verdict)

    def containers(self) -> tuple[str, list[dict[str, Any]]]:
        """The recorded answer that describes this project's containers, for a test to change."""
        questions = [question for question in self.shell.answers if question.startswith("docker container inspect")]
        question = questions[-1]
        return question, json.loads(self.shell.answers[question][1])


@pytest.fixture(autouse=True)
def nothing_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every tool is found, and no variable leads anywhere."""
    monkeypatch.setattr(shutil, "which", lambda name, **_: f"/usr/bin/{name}" if "/" not in name else name)
    for name in (*ROUTE, "COMPOSE_FILE", "COMPOSE_PROJECT_NAME", "COMPOSE_PROFILES", "TAG", "COLOR"):
        monkeypatch.delenv(name, raising=False)
