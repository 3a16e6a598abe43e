#!/usr/bin/env python3
"""Records what the real engine, Compose and git answer the adapter, as tests/cases/platforms/docker-compose.json.

Usage: PYTHONPATH=. .venv/<X.Y>/bin/python tests/live/compose/record.py      (Linux, root, docker.io, docker-compose)
"""

from __future__ import annotations

import json
import os
import re
import tempfile
from pathlib import Path
from typing import Any

from rollback.flow.choose import live, previous
from rollback.model import Command, Evidence
from rollback.platforms import docker_compose
from rollback.settings.environment import Environment
from rollback.settings.model import EnvironmentSettings
from rollback.shell import Answer, Shell
from tests.live.beds import engine as engines

CASES = Path(__file__).parents[2] / "cases" / "platforms" / "docker-compose.json"
FILE = """\
version: "3.7"
services:
  web:
    image: shop:${TAG}
    environment: {COLOR: "${COLOR:-red}"}
    ports: ["127.0.0.1:PORT:8080"]
    depends_on: [db]
  db:
    image: postgres:16
    volumes: [data:/var/lib/postgresql/data]
volumes: {data: {}}
"""


class Recorder(Shell):
    """Asks the real programs and keeps what they said."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.answers: dict[str, list[Any]] = {}

    def ask(self, command: Command) -> Answer:
        answer = super().ask(command)
        question = plain(" ".join(command.argv), self.cwd)
        self.answers[question] = [
            question,
            answer.status,
            plain(answer.stdout, self.cwd),
            plain(answer.stderr, self.cwd),
        ]
        return answer


def plain(text: str, root: Path) -> str:
    """The same on every machine: the project lies in /srv/shop, temporary folders in /FOLDER."""
    text = re.sub(r"/tmp/rollback-\w+", "/FOLDER", text).replace(str(root), "/srv/shop")
    return re.sub(
        r"(^|(?<=env ROLLBACK_STATE=/FOLDER )|(?<=env ROLLBACK_STATE=/FOLDER/state ))/\S+/(docker(?:-compose)?) ",
        r"\2 ",
        text,
    )


def case(title: str, tool: str, engine: engines.Engine, folder: Path) -> dict[str, Any]:
    root = folder / "shop"
    root.mkdir(parents=True)
    text = FILE.replace("PORT", "18080" if tool == "docker compose" else "18081")
    (root / "docker-compose.yml").write_text(text)
    git = "git -c user.name=Dora -c user.email=dora@example.org"
    engine.run("git", "init", "-q", "-b", "main", cwd=root)
    for version in ("v1", "v2", "v3"):
        (root / ".env").write_text(f"TAG={version}\n")
        script = f"git add -A && {git} commit -q -m 'release {version}' && git tag {version} && {tool} up -d && sleep 1.1"
        engine.run("bash", "-c", script, cwd=root)
    os.environ.update(
        {name: value for name, value in engine.environment.items() if name.startswith("DOCKER")}
    )
    shell = Recorder(root)
    evidence = (Evidence(80, "docker-compose.yml", ()),)
    environment = Environment("staging", False, root, EnvironmentSettings(), evidence=evidence)
    targets = docker_compose.targets(environment, shell)
    (found,) = docker_compose.releases(environment, targets, shell, 50)
    moves = docker_compose.moves(
        targets[0], live(found), next(one for one in found if one.id == "v2")
    )
    list(docker_compose.preflight(moves, shell))
    docker_compose.snapshot(moves, shell)
    (step,) = docker_compose.steps(moves)
    to = previous(found).to
    return {
        "case": title,
        "file": "docker-compose.yml",
        "text": text,
        "releases": [
            f"{one.id} {one.status} {'guess' if one.facts.get('guess') else one.skip or '-'}"
            for one in found
        ],
        "to": to and to.id,
        "up": plain(" ".join(step.do.argv[2:]), root),
        "answers": list(shell.answers.values()),
    }


def main() -> None:
    with engines.started("10.229.0.0/16") as engine, tempfile.TemporaryDirectory() as folder:
        engines.plugin(engine)
        for version, status in (("v1", "200"), ("v2", "200"), ("v3", "500"), ("v4", "200")):
            engine.load(f"shop:{version}", version, status)
        engine.load("postgres:16", "16")
        cases = [
            case(
                "Compose v2 made it: three releases, TAG in a tracked .env",
                "docker compose",
                engine,
                Path(folder, "two"),
            ),
            case(
                "Compose v1 made it, beside a project of v2 on the same engine",
                "docker-compose -p old",
                engine,
                Path(folder, "one"),
            ),
        ]
    CASES.write_text(json.dumps(cases, indent=1) + "\n")


if __name__ == "__main__":
    main()
