"""A shop on Docker Compose in a git repository: deployed as people do, rolled back by the real scripts."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import urllib.error
import urllib.request
import uuid
from pathlib import Path
from typing import Any

from tests.live.beds.engine import Engine

SCRIPTS = Path(__file__).parents[3] / "scripts"
FILE = """\
version: "3.7"
services:
  web:
    image: shop:${TAG}
    environment:
      COLOR: ${COLOR:-red}
    ports: ["127.0.0.1:PORT:8080"]
    stop_grace_period: 1s
    healthcheck:
      test: ["CMD", "/bin/busybox", "wget", "-q", "-O", "/dev/null", "http://127.0.0.1:8080/cgi-bin/health"]
      interval: 200ms
      retries: 2
      timeout: 1s
    depends_on: [db]
  db:
    image: db:1
    volumes: ["data:/var/lib/data"]
volumes:
  data: {}
"""
SETTINGS = """\
environments:
  staging:
    protected: false
    unattended: true
    settle: 2
    health:
      - url: http://127.0.0.1:PORT/cgi-bin/health
        version_key: version
"""


class Shop:
    """One project of its own name and port."""

    def __init__(self, engine: Engine, root: Path, tool: tuple[str, ...]) -> None:
        self.engine, self.tool = engine, tool
        self.name = f"shop{uuid.uuid4().hex[:6]}"
        self.root = root / self.name
        self.root.mkdir()
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.write("docker-compose.yml", FILE)
        self.write(".claude/deployment-rollback.yml", SETTINGS)
        self.run("git", "init", "-q", "-b", "main")
        self.commit("settings")

    def run(self, *words: str, check: bool = True, **variables: str) -> str:
        return self.engine.run(*words, cwd=self.root, check=check, **variables)

    def write(self, path: str, text: str) -> None:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text.replace("PORT", str(self.port)))

    def commit(self, subject: str, tag: str | None = None) -> str:
        who = ("-c", "user.name=Dora", "-c", "user.email=dora@example.org")
        self.run("git", "add", "--all")
        self.run("git", *who, "commit", "-q", "--allow-empty", "-m", subject)
        if tag:
            self.run("git", "tag", tag)
        return self.run("git", "rev-parse", "HEAD").strip()

    def up(self, *words: str, **variables: str) -> None:
        self.run(*self.tool, "up", "-d", *words, **variables)

    def release(self, *versions: str) -> None:
        """Each: TAG in .env, committed, tagged, deployed."""
        for version in versions:
            self.write(".env", f"TAG={version}\n")
            self.commit(f"release {version}", version)
            self.up()

    def script(self, name: str, *words: str, check: int | None = 0, **variables: str) -> Any:
        """One of the product's scripts with --json: its document. `check` None: any exit code; it is in the answer as `exit`."""
        command = [sys.executable, str(SCRIPTS / f"{name}.py"), *words, "--json"]
        done = subprocess.run(
            command,
            cwd=self.root,
            env={**self.engine.environment, **variables},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )
        assert check is None or done.returncode == check, (
            f"{name} exited {done.returncode}: {done.stdout}\n{done.stderr}"
        )
        return {**json.loads(done.stdout), "exit": done.returncode}

    def plan(self, *words: str, check: int | None = 0, **variables: str) -> Any:
        return self.script("plan", "staging", *words, check=check, **variables)

    def execute(
        self, plan: Any, check: int | None = 0, verb: str = "execute", **variables: str
    ) -> Any:
        return self.script(
            verb,
            plan["run"],
            "--digest",
            plan["digest"],
            "--reason",
            "a test",
            check=check,
            **variables,
        )

    def container(self, service: str) -> dict[str, Any]:
        """The one container of a service, as docker inspect tells it."""
        id = self.run("docker", "ps", "-aq", "--filter", f"label=com.docker.compose.project={self.name}",
                      "--filter", f"label=com.docker.compose.service={service}").split()  # fmt: skip
        assert len(id) == 1, f"{service} has {len(id)} containers"
        found: dict[str, Any] = json.loads(self.run("docker", "inspect", id[0]))[0]
        return found

    def image(self, reference: str) -> str:
        return self.run("docker", "image", "inspect", "-f", "{{.Id}}", reference).strip()

    def serves(self, version: str) -> bool:
        return (
            self.container("web")["Image"] == self.image(f"shop:{version}")
            and self.answer()[1] == version
        )

    def answer(self) -> tuple[int, str]:
        """Status and version of the health path; (0, "") when nobody answers."""
        try:
            with urllib.request.urlopen(
                f"http://127.0.0.1:{self.port}/cgi-bin/health", timeout=2
            ) as reply:
                return reply.status, json.load(reply)["version"]
        except urllib.error.HTTPError as error:
            return error.code, str(json.loads(error.read() or b"{}").get("version", ""))
        except (OSError, ValueError):
            return 0, ""

    def remove(self) -> None:
        ids = self.run(
            "docker",
            "ps",
            "-aq",
            "--filter",
            f"label=com.docker.compose.project={self.name}",
            check=False,
        ).split()
        if ids:
            self.run("docker", "rm", "-f", "-v", *ids, check=False)
        self.run("docker", "network", "prune", "-f", check=False)
