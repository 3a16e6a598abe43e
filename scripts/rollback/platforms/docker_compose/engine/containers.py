"""The containers of Compose projects, read in two calls however many there are."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from msgspec import Struct

from rollback.platforms.docker_compose.engine import client
from rollback.shell import Shell

_LABEL = "com.docker.compose."
_ANONYMOUS = re.compile(r"[0-9a-f]{64}")
_NAMESPACES = ("NetworkMode", "PidMode", "IpcMode")


class Mount(Struct, frozen=True):
    """`source` is a volume's name or a bind mount's path; `target` the path in the container."""

    kind: str
    source: str
    target: str

    @property
    def anonymous(self) -> bool:
        return self.kind == "volume" and _ANONYMOUS.fullmatch(self.source) is not None


class Dependency(Struct, frozen=True):
    """One entry of `depends_on`, as Compose v2 writes it on the container's labels."""

    service: str
    condition: str
    restart: bool


class Container(Struct, frozen=True):
    """`image` is the id of the running bytes, `reference` the name when the container was made.

    `shares` are the ids of containers whose network, processes, IPC or volumes this one uses.
    """

    id: str
    name: str
    project: str
    service: str
    image: str
    reference: str
    made_by: str
    directory: str
    files: tuple[str, ...]
    env_files: tuple[str, ...]
    depends_on: tuple[Dependency, ...]
    shares: tuple[str, ...]
    environment: tuple[str, ...]
    command: tuple[str, ...]
    entrypoint: tuple[str, ...]
    labels: dict[str, str]
    ports: tuple[str, ...]
    networks: tuple[str, ...]
    mounts: tuple[Mount, ...]
    user: str
    state: dict[str, Any]
    created: str
    restarts: int
    restart_policy: str
    health_check: bool
    grace: int  # seconds to stop


def of(shell: Shell, project: str | None = None) -> list[Container]:
    """Return the containers of a project (or all), newest first, without `compose run`.

    Stopped ones are included.
    """
    of_project = f"label={_LABEL}project" + (f"={project}" if project else "")
    filters = ("--filter", of_project, "--filter", f"label={_LABEL}oneoff=False")
    ids = client.read(shell, "ps", "--all", "--quiet", "--no-trunc", *filters).split()
    containers = map(_container, _inspect(shell, ids))
    return sorted(containers, key=lambda container: container.created, reverse=True)


def _inspect(shell: Shell, ids: Sequence[str]) -> list[dict[str, Any]]:
    """Describe containers; one that vanished in between is left out."""
    if not ids:
        return []
    answer = shell.ask(client.docker("container", "inspect", *ids))
    if answer.status and "no such container" not in answer.stderr.lower():
        raise client.refusal(answer.stderr)
    described: list[dict[str, Any]] = json.loads(answer.stdout)
    return described


def _container(facts: dict[str, Any]) -> Container:
    config, host = facts["Config"], facts["HostConfig"]
    labels = {str(name): str(value) for name, value in (config["Labels"] or {}).items()}
    return Container(
        id=facts.get("Id", ""),
        name=facts["Name"].lstrip("/"),
        **_of_compose(labels),
        image=facts["Image"],
        reference=config["Image"],
        shares=tuple(_shares(host)),
        environment=tuple(config.get("Env") or ()),
        command=tuple(config.get("Cmd") or ()),
        entrypoint=tuple(config.get("Entrypoint") or ()),
        labels={name: value for name, value in labels.items() if not name.startswith(_LABEL)},
        ports=tuple(sorted(_ports(host.get("PortBindings") or {}))),
        networks=tuple(sorted((facts.get("NetworkSettings") or {}).get("Networks") or ())),
        mounts=tuple(map(_mount, facts.get("Mounts") or ())),
        user=str(config.get("User") or ""),
        state=facts["State"],
        created=facts["Created"],
        restarts=facts.get("RestartCount", 0),
        restart_policy=host["RestartPolicy"]["Name"],
        health_check=bool((config.get("Healthcheck") or {}).get("Test", ["NONE"]) != ["NONE"]),
        grace=config.get("StopTimeout") or 10,
    )


def _of_compose(labels: Mapping[str, str]) -> dict[str, Any]:
    """Return what Compose itself wrote on the container's labels."""

    def label(name: str) -> str:
        return labels.get(_LABEL + name, "")

    def listed(name: str) -> tuple[str, ...]:
        return tuple(filter(None, label(name).split(",")))

    return {
        "project": label("project"),
        "service": label("service"),
        "made_by": label("version"),
        "directory": label("project.working_dir"),
        "files": listed("project.config_files"),
        "env_files": listed("project.environment_file"),
        "depends_on": tuple(_dependencies(listed("depends_on"))),
    }


def _dependencies(entries: Sequence[str]) -> Iterator[Dependency]:
    """Return entries like `db:service_healthy:false`."""
    for entry in entries:
        service, _, rest = entry.partition(":")
        condition, _, restart = rest.partition(":")
        yield Dependency(service, condition, restart == "true")


def _shares(host: Mapping[str, Any]) -> Iterator[str]:
    for mode in _NAMESPACES:
        if str(host.get(mode) or "").startswith("container:"):
            yield host[mode].partition(":")[2]
    for entry in host.get("VolumesFrom") or ():
        yield str(entry).partition(":")[0]


def _ports(bindings: Mapping[str, Any]) -> Iterator[str]:
    """Return ports like `127.0.0.1:8080:80/tcp`; one the engine chose has no number."""
    for port, addresses in bindings.items():
        for address in addresses or ():
            yield f"{address.get('HostIp') or ''}:{address.get('HostPort') or ''}:{port}"


def _mount(mount: Mapping[str, Any]) -> Mount:
    kind = str(mount.get("Type", ""))
    source = mount.get("Name") if kind == "volume" else mount.get("Source")
    return Mount(kind, str(source or ""), str(mount.get("Destination", "")))
