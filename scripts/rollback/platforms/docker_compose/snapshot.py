"""The files of state/: both releases' compose files, overrides that pin image ids, and the containers as they are."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from rollback.model import Move
from rollback.platforms.docker_compose import containers, definition, sharers, volumes
from rollback.platforms.docker_compose.containers import Container
from rollback.platforms.docker_compose.source import Source
from rollback.shell import Shell


def source(move: Move, side: str) -> Source:
    """The files that belong to a side of a move: those of its git ref, else those that the live release fits."""
    live: Source = move.current.facts["source"]
    return live if side == "now" else move.to.facts.get("source") or live


def pins(
    images: Mapping[str, str], old_volumes: Mapping[str, Mapping[str, str]] | None = None
) -> str:
    """An override that says which bytes run, whatever a tag or a variable says. JSON is YAML.

    `old_volumes`: service -> path -> the anonymous volume that it had there, which the way back mounts again.
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


def snapshot(moves: Sequence[Move], shell: Shell) -> dict[str, str]:
    """Files and pins for both directions, and what the containers look like (environment values left out)."""
    details = moves[0].target.details
    running = containers.of(shell, details["project"])
    found = {"containers.json": json.dumps([_plain(container) for container in running], indent=1)}
    joining = {service: details["running"][service][0] for service in sharers.joining(moves)}
    for side, end in (("to", "to"), ("now", "current")):
        images = {
            move.target.app: getattr(move, end).artifact
            for move in moves
            if getattr(move, end).artifact
        }
        old = volumes.renewed(moves) if side == "now" else {}
        found[f"{side}-pins.json"] = pins({**(joining if side == "now" else {}), **images}, old)
        found |= definition.put_together(details, source(moves[0], side), side, shell).texts
    return found


def _plain(container: Container) -> dict[str, Any]:
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
