"""Projects on Docker Compose: an engine of our own, tiny images that answer with their version."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.live.beds import engine as engines
from tests.live.beds.engine import Engine
from tests.live.projects.project import Project

HEALTH = "/bin/busybox wget -q -O - http://127.0.0.1:8080/cgi-bin/health"


@contextmanager
def started() -> Iterator[Engine]:
    """One engine for all projects of this bed. BED_COMPOSE=sid takes a newer Compose than CI does."""
    with engines.started("10.226.0.0/16") as engine:
        engines.plugin(engine, os.environ.get("BED_COMPOSE", "trixie"))
        yield engine


class ComposeProject(Project):
    """Services answer with `docker exec`, so that one without a published port answers, too."""

    DEPLOY = "docker compose up -d"
    SETTINGS: Mapping[str, Any] = {"settle": 2}

    def __init__(self, name: str, root: Path, engine: Engine) -> None:
        super().__init__(name, root / name, engine.environment)
        for image, versions in self.case.images.items():
            options = ("--volume", self.case.volumes[image]) if image in self.case.volumes else ()
            for version, status in versions.items():
                engine.load(f"{image}:{version}", version, str(status), *options)

    def serving(self, names: Iterable[str]) -> dict[str, str]:
        return {name: self._version(name) for name in names}

    def identities(self, names: Iterable[str]) -> dict[str, str]:
        found = {name: self._containers(name) for name in names}
        return {
            name: " ".join(f"{one['Id'][:12]} {one['State']['StartedAt']}" for one in found[name])
            for name in found
        }

    def printed(self, service: str, command: str) -> str:
        (container,) = self._containers(service)
        return self.run(
            f"docker exec {container['Id']} /bin/sh -c '{command}'", check=False
        ).stdout.strip()

    def remove(self) -> None:
        ids = self.run(
            f"docker ps -aq --filter label=com.docker.compose.project={self.compose_name}"
        ).stdout.split()
        if ids:
            self.run(f"docker rm -f -v {' '.join(ids)}", check=False)
        self.run("docker network prune -f", check=False)

    @property
    def compose_name(self) -> str:
        return str(self.case.settings.get("project", self.name))

    def _version(self, service: str) -> str:
        """What its health path says; a service that serves nothing is known by its image. All replicas must agree."""
        return " ".join(sorted({self._version_of(one) for one in self._containers(service)}))

    def _version_of(self, container: dict[str, Any]) -> str:
        if not container["State"]["Running"]:
            return "stopped"  # the engine does not always learn with which exit status
        answer = self.run(f"docker exec {container['Id']} {HEALTH} 2>/dev/null", check=False)
        if answer.returncode == 0:
            return str(json.loads(answer.stdout)["version"])
        if "httpd" in (container["Config"]["Cmd"] or ()):
            return "broken"
        return str(container["Config"]["Labels"].get("org.opencontainers.image.version", ""))

    def _containers(self, service: str) -> list[dict[str, Any]]:
        labels = (
            f"label=com.docker.compose.project={self.compose_name}",
            f"label=com.docker.compose.service={service}",
        )
        ids = self.run(f"docker ps -aq --filter {labels[0]} --filter {labels[1]}").stdout.split()
        return list(json.loads(self.run(f"docker inspect {' '.join(ids)}").stdout)) if ids else []


def project(name: str, root: Path, engine: Engine) -> ComposeProject:
    return ComposeProject(name, root, engine)
