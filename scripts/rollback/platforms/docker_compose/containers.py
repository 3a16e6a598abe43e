"""What runs: the containers of Compose projects, read in two calls however many there are."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from msgspec import Struct

from rollback.platforms.docker_compose import engine
from rollback.shell import Shell

_LABEL = "com.docker.compose."


class Container(Struct, frozen=True):
    """`image` is the id of the bytes that run, `reference` what they were called when the container was made."""

    name: str
    project: str
    service: str
    image: str
    reference: str
    made_by: str
    hash: str
    directory: str
    files: tuple[str, ...]
    environment: tuple[str, ...]
    state: dict[str, Any]
    created: str
    restarts: int
    restart_policy: str
    volumes: tuple[tuple[str, bool], ...]  # path in the container, and whether the volume has a name


def of(shell: Shell, project: str | None = None) -> list[Container]:
    """All containers of one project (or of all), stopped ones too, newest first; one-off runs are none of them."""
    which = f"label={_LABEL}project" + (f"={project}" if project else "")
    ids = engine.read(shell, "ps", "--all", "--quiet", "--no-trunc", "--filter", which, "--filter", f"label={_LABEL}oneoff=False").split()
    return sorted(map(_container, _inspect(shell, ids)), key=lambda one: one.created, reverse=True)


def _inspect(shell: Shell, ids: Sequence[str]) -> list[dict[str, Any]]:
    """A container that vanished in between is left out, not an error."""
    if not ids:
        return []
    answer = shell.ask(engine.docker("container", "inspect", *ids))
    if answer.status and "no such container" not in answer.stderr.lower():
        raise engine.refusal(answer.stderr)
    found: list[dict[str, Any]] = json.loads(answer.stdout)
    return found


def _container(facts: dict[str, Any]) -> Container:
    config, labels = facts["Config"], facts["Config"]["Labels"]

    def label(name: str) -> str:
        return str(labels.get(_LABEL + name, ""))

    return Container(
        name=facts["Name"].lstrip("/"), project=label("project"), service=label("service"), image=facts["Image"], reference=config["Image"],
        made_by=label("version"), hash=label("config-hash"), directory=label("project.working_dir"),
        files=tuple(filter(None, label("project.config_files").split(","))), environment=tuple(config.get("Env") or ()),
        state=facts["State"], created=facts["Created"], restarts=facts.get("RestartCount", 0),
        restart_policy=facts["HostConfig"]["RestartPolicy"]["Name"], volumes=tuple(map(_volume, facts.get("Mounts", ()))),
    )  # fmt: skip


def _volume(mount: dict[str, Any]) -> tuple[str, bool]:
    name = str(mount.get("Name", ""))
    anonymous = len(name) == 64 and all(letter in "0123456789abcdef" for letter in name)
    return str(mount.get("Destination", "")), mount.get("Type") == "volume" and not anonymous
