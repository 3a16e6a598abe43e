"""The files of state/: raw compose files of both releases, an override that pins image ids, and the containers as they are."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

from rollback.model import Move
from rollback.platforms.docker_compose import containers
from rollback.platforms.docker_compose.containers import Container
from rollback.platforms.docker_compose.yaml_source import Source
from rollback.shell import Shell

_COPY = re.compile(r"(?:to|now)\.\d+\.(.+)|(?:to|now)\.pins\.json")


def name(prefix: str, position: int, folder: Path, path: str) -> str:
    """A plain file name (letters, digits, dots, dashes, _XX) that still tells what it is a copy of: containers' labels will lead here."""
    place = Path(path)
    relative = str(place.relative_to(folder)) if place.is_relative_to(folder) else path
    plain = quote(relative, safe="").replace("_", "%5F").replace("~", "%7E").replace("%", "_")
    return f"{prefix}.{position}.{plain}"


def original(folder: Path, path: Path) -> Path | None:
    """The file behind a path that a container's label names: our copies stand for their originals, our pins for nothing."""
    if path.name == "-":
        return None
    ours = _COPY.fullmatch(path.name) if path.parent.name == "state" else None
    if ours is None:
        return path
    return folder / unquote(ours[1].replace("_", "%")) if ours[1] else None


def pins(images: Mapping[str, str]) -> str:
    """An override that says which bytes run, whatever a tag or a variable says. JSON is YAML."""
    return json.dumps({"services": {service: {"image": image} for service, image in sorted(images.items())}}, indent=1) + "\n"


def without_dependencies(images: Mapping[str, str]) -> str:
    """The same for containers made by `up --no-deps`: Compose before 2.27 leaves depends_on out of their hash."""
    entries = [f"  {json.dumps(service)}: {{image: {json.dumps(image)}, depends_on: !reset null}}\n" for service, image in sorted(images.items())]
    return "services:\n" + "".join(entries)


def source(move: Move, side: str) -> Source:
    """The files that belong to a side of a move: those of its git ref, else today's."""
    today: Source = move.current.facts["today"]
    return (move.current if side == "now" else move.to).facts.get("source") or today


def files(move: Move, side: str) -> list[str]:
    """The -f files of a side, as a script names them; what names further files by relative paths stays where it is."""
    texts, folder = source(move, side), Path(move.target.details["directory"])
    named = [path for path, _ in texts.files] if texts.needs_neighbours() else [f"state/{name}" for name in _names(move, side, folder)]
    return [*named, f"state/{side}.pins.json"]


def _names(move: Move, side: str, folder: Path) -> list[str]:
    return [name(side, position, folder, path) for position, (path, _) in enumerate(source(move, side).files)]


def snapshot(moves: Sequence[Move], shell: Shell) -> dict[str, str]:
    """Raw files and pins for both directions, and what the containers look like (environment values left out)."""
    found = {"containers.json": json.dumps([_plain(one) for one in containers.of(shell, moves[0].target.details["project"])], indent=1)}
    for side in ("to", "now"):
        found[f"{side}.pins.json"] = pins({move.target.app: getattr(move, "current" if side == "now" else "to").artifact for move in moves})
        texts = source(moves[0], side)
        if not texts.needs_neighbours():
            names = _names(moves[0], side, Path(moves[0].target.details["directory"]))
            found |= dict(zip(names, (text for _, text in texts.files), strict=True))
    return found


def _plain(one: Container) -> dict[str, Any]:
    return {
        "name": one.name, "service": one.service, "image": one.image, "reference": one.reference, "config_hash": one.hash, "made_by": one.made_by,
        "state": one.state.get("Status"), "restarts": one.restarts, "environment": sorted(entry.partition("=")[0] for entry in one.environment),
    }  # fmt: skip
