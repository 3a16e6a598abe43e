"""Files for state/: both sides' compose files, image pins, and today's containers."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from rollback.model import Move
from rollback.platforms.docker_compose import details, sides
from rollback.platforms.docker_compose.beside import Beside
from rollback.platforms.docker_compose.definition import merged, state_files
from rollback.platforms.docker_compose.engine import containers
from rollback.platforms.docker_compose.engine.containers import Container
from rollback.platforms.docker_compose.services import sharers, volumes
from rollback.platforms.docker_compose.sides import Side
from rollback.shell import Shell


def snapshot(moves: Sequence[Move], shell: Shell) -> dict[str, bytes]:
    """Return files and pins for both directions, and containers without environment values."""
    project = details.of(moves[0].target)
    texts: dict[str, str] = {}
    with Beside() as beside:
        containers_read = beside.start(containers.of, shell, project.name)
        for side in ("to", "now"):
            source = sides.source(moves[0], side)
            texts |= merged.put_together(project, source, side, shell).texts
            texts[state_files.pins(side)] = _pins_of(moves, side)
    described = [_described(container) for container in containers_read.result()]
    texts["containers.json"] = json.dumps(described, indent=1)
    return {name: text.encode() for name, text in texts.items()}


def _pins_of(moves: Sequence[Move], side: Side) -> str:
    images = {service: image for service, image in sides.images(moves, side).items() if image}
    running = details.of(moves[0].target).services.running
    if side == "to":
        waiting = {service: running[service][0] for service in sharers.waiting(moves)}
        return pins({**waiting, **images})
    joining = {service: running[service][0] for service in sharers.joining(moves)}
    return pins({**joining, **images}, volumes.renewed(moves))


def pins(
    images: Mapping[str, str], old_volumes: Mapping[str, Mapping[str, str]] | None = None
) -> str:
    """Return an override that pins image ids, whatever a tag or variable says. JSON is YAML.

    `old_volumes`: service -> path -> its anonymous volume, which the undo mounts again.
    """
    services: dict[str, Any] = {
        service: {"image": image} for service, image in sorted(images.items())
    }
    kept: dict[str, Any] = {}
    for service, mounts in (old_volumes or {}).items():
        entries = [
            {"type": "volume", "source": volume, "target": path} for path, volume in mounts.items()
        ]
        services.setdefault(service, {})["volumes"] = entries
        kept |= {volume: {"name": volume, "external": True} for volume in mounts.values()}
    document = {"services": services, **({"volumes": kept} if kept else {})}
    return json.dumps(document, indent=1) + "\n"


def _described(container: Container) -> dict[str, Any]:
    return {
        "name": container.name,
        "service": container.service,
        "image": container.image,
        "reference": container.reference,
        "made_by": container.made_by,
        "state": container.state.get("Status"),
        "restarts": container.restarts,
        "environment": sorted(entry.partition("=")[0] for entry in container.environment),
    }
