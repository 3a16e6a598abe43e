"""What every project of this bed is: a git repository with three deployed releases, and the product's scripts in it."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

from tests.live.projects.case import HERE, VERSIONS, Case

SCRIPTS = Path(__file__).parents[3] / "scripts"
TIMES: list[
    tuple[str, float, float]
] = []  # project, seconds of plan and execute, seconds of the plain way
AUTHOR = ("-c", "user.name=Dora", "-c", "user.email=dora@example.org")


class Project:
    """A bed says how a release is deployed and what serves; the rest is the same everywhere."""

    DEPLOY = ""  # where the project says nothing else
    SETTINGS: Mapping[str, Any] = {}

    def __init__(self, name: str, root: Path, environment: Mapping[str, str]) -> None:
        self.name, self.case = name, Case.load(name)
        self.root = root
        self.environment = {
            **environment,
            "GIT_CONFIG_GLOBAL": "/dev/null",
            "SCRIPTS": str(SCRIPTS),
        }
        self.root.mkdir(parents=True)
        self.port = _free_port()
        self.words = {"PORT": str(self.port)}

    def deploy_all(self) -> None:
        """v1, v2 and v3, one after the other; a deploy that fails is part of the story."""
        self.run("git init -q -b main")
        for version in VERSIONS:
            self.commit(version)
            self.run(self.case.deploy or self.DEPLOY, check=False, VERSION=version)
            self.settle(version)
        if self.case.then:
            self.run(self.case.then)

    def commit(self, version: str) -> None:
        """Lay a release's files over those of the one before, commit and tag them."""
        tree = HERE / self.name / version
        if tree.is_dir():
            shutil.copytree(
                tree, self.root, dirs_exist_ok=True, copy_function=shutil.copyfile
            )  # new times: git looks at them
            self._fill_in(
                file for file in self.root.rglob("*") if file.is_file() and ".git" not in file.parts
            )
        if version == VERSIONS[0]:
            self._settings()
        if command := self.case.before.get(version):
            self.run(command)
        self.run("git add --all")
        self.run(f"git {' '.join(AUTHOR)} commit -q --allow-empty -m 'Release {version}'")
        self.run(f"git tag {version}")

    def run(
        self, command: str, check: bool = True, **variables: str
    ) -> subprocess.CompletedProcess[str]:
        """A line of shell in the project, as a person would type it."""
        done = subprocess.run(
            ["bash", "-c", command],
            cwd=self.root,
            env={**self.environment, **variables},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )
        assert not check or done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
        return done

    def script(self, name: str, *words: str) -> Any:
        """One of the product's scripts: its one JSON document, with its exit code as `exit`."""
        command = [sys.executable, str(SCRIPTS / f"{name}.py"), *words, "--json"]
        done = subprocess.run(
            command,
            cwd=self.root / self.case.ask_from,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )
        try:
            return {**json.loads(done.stdout), "exit": done.returncode}
        except ValueError:
            raise AssertionError(
                f"{name}: exit {done.returncode}: {done.stdout}{done.stderr}"
            ) from None

    def plan(self) -> Any:
        return self.script("plan", "staging", *self.case.ask)

    def approved(self, verb: str, plan: Any) -> Any:
        return self.script(verb, plan["run"], "--digest", plan["digest"], "--reason", "a test")

    def settle(self, version: str) -> None:
        """Wait until a deployed release has come as far as it will."""

    def serving(self, names: Iterable[str]) -> dict[str, str]:
        """Each service's answer about its own version; "" when nobody answers."""
        raise NotImplementedError

    def ends_with(self, wanted: Mapping[str, str]) -> dict[str, str]:
        """What serves once what was started has ended."""
        return self.serving(wanted)

    def identities(self, names: Iterable[str]) -> dict[str, str]:
        """What changes when a service is made anew or started again."""
        raise NotImplementedError

    def printed(self, service: str, command: str) -> str:
        """What a command prints where a service runs."""
        raise NotImplementedError

    def remove(self) -> None:
        """Take down what was deployed."""

    def _settings(self) -> None:
        file = self.root / ".claude" / "deployment-rollback.yml"
        file.parent.mkdir(exist_ok=True)
        settings = {"protected": False, "unattended": True, **self.SETTINGS, **self.case.settings}
        text = yaml.safe_dump({"environments": {"staging": settings}})
        file.write_text(self._filled_in(text).replace("ROOT", str(self.root)))

    def _fill_in(self, files: Iterable[Path]) -> None:
        for file in files:
            text = file.read_bytes()
            if any(word.encode() in text for word in self.words):
                file.write_text(self._filled_in(text.decode()))

    def _filled_in(self, text: str) -> str:
        for word, meaning in self.words.items():
            text = text.replace(word, meaning)
        return text


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


def clean_environment() -> dict[str, str]:
    """This process's variables without what belongs to an account or a session."""
    foreign = ("DOCKER", "COMPOSE", "CLAUDE", "XDG_", "GIT_")
    return {key: value for key, value in os.environ.items() if not key.startswith(foreign)}
