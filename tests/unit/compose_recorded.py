"""A Compose project on an engine that answers from a recording of the real one."""

from __future__ import annotations

import json
import os
import re
import shutil
import tempfile
from pathlib import Path
from typing import Any

import pytest

from rollback.flow.choose import live
from rollback.model import Command, Evidence, Move, Release, Target
from rollback.platforms import docker_compose
from rollback.platforms.docker_compose import roles
from rollback.platforms.docker_compose.containers import Container
from rollback.platforms.docker_compose.engine import ROUTE
from rollback.platforms.docker_compose.local_images import Image, split
from rollback.platforms.docker_compose.source import Source
from rollback.settings.environment import Environment, LedgerEntry
from rollback.settings.model import EnvironmentSettings
from rollback.shell import Answer, Shell

CASES: list[dict[str, Any]] = json.loads(
    (Path(__file__).parents[1] / "cases" / "platforms" / "docker-compose.json").read_text()
)
_FOLDER = re.compile(rf"{re.escape(os.path.realpath(tempfile.gettempdir()))}/rollback-\w+")
_OWN_ENV = re.compile(r"--env-file /srv/shop/\.env (?=--file /FOLDER/state/(now|to)\.)")
_PROGRAM = re.compile(
    r"(^|(?<=env ROLLBACK_STATE=/FOLDER )|(?<=env ROLLBACK_STATE=/FOLDER/state ))"
    r"/\S+/(docker(?:-compose)?) "
)


class Recorded(Shell):
    """Answers what was asked when it was recorded; `changed` lays other answers over it, by the beginning of the question."""

    def __init__(self, root: Path, case: dict[str, Any]) -> None:
        super().__init__(root)
        self.answers = {
            question: (status, out, err) for question, status, out, err in case["answers"]
        }
        self.changed: dict[str, tuple[int, str, str]] = {}
        self.asked: list[str] = []

    def ask(self, command: Command) -> Answer:
        question, folder = self._plain(" ".join(command.argv))
        self.asked.append(question)
        if question not in self.answers:  # today's .env says the same as its copy
            question = _OWN_ENV.sub(r"--env-file /FOLDER/state/\1-env..env ", question)
        recorded = self.answers.get(question, (1, "", ""))
        changed = (answer for start, answer in self.changed.items() if question.startswith(start))
        status, out, err = next(changed, recorded)
        assert question in self.answers or status == 0 or err, f"never recorded: {question}"
        out, err = (text.replace("/srv/shop", str(self.cwd)) for text in (out, err))
        return Answer((status, out.replace("/FOLDER", folder), err.replace("/FOLDER", folder)))

    def _plain(self, question: str) -> tuple[str, str]:
        """The question as it was recorded, and the temporary folder that it names."""
        found = _FOLDER.search(question)
        question = _FOLDER.sub("/FOLDER", question).replace(str(self.cwd), "/srv/shop")
        return _PROGRAM.sub(r"\2 ", question), found[0] if found else "/FOLDER"


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
        return Environment(
            "staging", False, self.root, self.settings, evidence=evidence, ledger=tuple(self.ledger)
        )

    @property
    def target(self) -> Target:
        (target,) = docker_compose.targets(self.environment, self.shell)
        return target

    def releases(self) -> list[Release]:
        (found,) = docker_compose.releases(self.environment, [self.target], self.shell, 50)
        return found

    def moves(self, id: str) -> list[Move]:
        found = self.releases()
        return docker_compose.moves(
            self.target, live(found), next(one for one in found if one.id == id)
        )

    def image(self, reference: str) -> str:
        """The id that the recorded engine knows this tag by."""
        answers = self.shell.answers.items()
        listed = next(
            answer for question, answer in answers if question.startswith("docker image ls")
        )
        rows = [json.loads(line) for line in listed[1].splitlines()]
        return next(row["ID"] for row in rows if f"{row['Repository']}:{row['Tag']}" == reference)

    def entry(
        self,
        release: str,
        artifact: str,
        verdict: str = "good",
        app: str = "web",
        at: str = "2026-11-24T00:00:00Z",
    ) -> LedgerEntry:
        return LedgerEntry(
            at, "staging", "docker-compose", self.target.where, app, release, artifact, verdict
        )

    def containers(self) -> tuple[str, list[dict[str, Any]]]:
        """The recorded answer that describes this project's containers, for a test to change."""
        questions = [
            question
            for question in self.shell.answers
            if question.startswith("docker container inspect")
        ]
        question = questions[-1]
        return question, json.loads(self.shell.answers[question][1])

    def change_web(self, **config: Any) -> None:
        """Containers of `web` with other values in their Config than recorded."""
        question, containers = self.containers()
        for container in containers:
            if container["Config"]["Labels"]["com.docker.compose.service"] == "web":
                container["Config"] |= config
        self.shell.answers[question] = (0, json.dumps(containers), "")


class Replies(Shell):
    """Answers by the first text that is part of the question; a string is what was printed."""

    def __init__(self, replies: dict[str, str | tuple[int, str, str]]) -> None:
        super().__init__(Path("/srv/shop"))
        self.replies, self.asked = replies, list[str]()

    def ask(self, command: Command) -> Answer:
        question = " ".join(command.argv)
        self.asked.append(question)
        reply = next((reply for text, reply in self.replies.items() if text in question), None)
        assert reply is not None, f"not expected: {question}"
        return Answer((0, reply, "") if isinstance(reply, str) else reply)


class Engine:
    """Images by name, without an engine; `shop__v1` is the name shop:v1."""

    def __init__(self, **ids: str) -> None:
        self.by_name = {name.replace("__", ":"): id for name, id in ids.items()}
        self.names = {name.rpartition(":")[2] for name in self.by_name}
        self.ids = set(self.by_name.values())

    def id(self, reference: str) -> str | None:
        return self.by_name.get(reference)

    def tags(self, id: str) -> list[Image]:
        named = (split(name) for name, one in self.by_name.items() if one == id)
        return [Image(repository, tag, id, "") for repository, tag in named]


def container(service: str, **facts: Any) -> Container:
    """A running container of the project shop."""
    empty: dict[str, Any] = dict.fromkeys(Container.__struct_fields__, ())
    names = {"id": f"{service}-id", "name": f"shop-{service}-1", "project": "shop"}
    image = {"image": f"sha256:{service}2", "reference": f"acme/{service}:v2", "labels": {}}
    made = {"made_by": "2.26.1", "directory": "/srv/shop", "created": "2026-11-24T10:00:00Z"}
    state = {"state": {"Status": "running", "Running": True}, "restarts": 0, "health_check": False}
    more = {"service": service, "restart_policy": "no", "user": "", "grace": 10}
    return Container(**{**empty, **names, **image, **made, **state, **more, **facts})


def exited(service: str, code: int = 0, **facts: Any) -> Container:
    state = {"Status": "exited", "Running": False, "ExitCode": code}
    return container(service, state=state, **facts)


def target(*containers: Container, folder: str = "/srv/shop", **facts: Any) -> Target:
    """The project shop with these containers.

    `services` and `apps` are settings, `declared` the services of its files, other facts details.
    """
    chosen = {name: facts.pop(name) for name in ("apps", "services") if name in facts}
    environment = Environment("staging", False, Path(folder), EnvironmentSettings(**chosen))
    sorted_out = roles.sort(environment, containers, facts.pop("declared", {}))
    files = {"files": [f"{folder}/compose.yaml"], "env_files": [f"{folder}/.env"], "profiles": ()}
    tool = {"tool": ("docker", "compose"), "tool_version": "2.26.1", "made_by": "2.26.1"}
    place = {"project": "shop", "folder": folder, "directory": folder, "anonymous": {}}
    details = {**place, **files, **tool, **sorted_out, **facts}
    return Target("staging", "docker-compose", "shop", "ENGINE/shop", False, details)


def source(text: str = "services: {}\n", **env: str) -> Source:
    """One file /srv/shop/compose.yaml, and the variables of its .env, as git has them."""
    lines = "".join(f"{name}={value}\n" for name, value in env.items())
    files = (("/srv/shop/compose.yaml", text),)
    env = (("/srv/shop/.env", lines),) if lines else ()
    return Source(files, (), env, tuple(path for path, _ in env))


def moves(target: Target, to: dict[str, str], **facts: Any) -> list[Move]:
    """From what runs (v2) to v1 with these images; `facts` are those of v1."""
    now = {service: images[0] for service, images in target.details["running"].items()}
    live_facts = {"source": source(), "differs": facts.pop("differs", [])}
    current = Release("v2", status="live", artifacts=now, facts=live_facts)
    older = Release("v1", commit=facts.pop("commit", None), artifacts=to, facts=facts)
    return docker_compose.moves(target, current, older)


@pytest.fixture(autouse=True)
def nothing_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every tool is found, and no variable leads anywhere."""
    monkeypatch.setattr(
        shutil, "which", lambda name, **_: f"/usr/bin/{name}" if "/" not in name else name
    )
    compose = ("COMPOSE_FILE", "COMPOSE_PROJECT_NAME", "COMPOSE_PROFILES")
    for name in (*ROUTE, *compose, "TAG", "COLOR", "REGISTRY"):
        monkeypatch.delenv(name, raising=False)
