"""Anonymous volumes of moved services: Compose keeps them, and they hide new content."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

from rollback.platforms.docker_compose import details
from rollback.model import Command, Move
from rollback.platforms.docker_compose.details import AnonymousVolume, Holds
from rollback.platforms.docker_compose.engine import client
from rollback.platforms.docker_compose.engine.containers import Container
from rollback.shell import Shell

# a volume's files with their times; `copied` and `listed` say that nothing is missing (the size is
# bounded, for a volume may hold anything)
_LISTING = (
    '{ { docker cp "$1" - && echo copied >&3; } | head -c 200000000 | '
    "{ TZ=UTC tar -tv --full-time -f - 2>/dev/null && echo listed >&3; }; } 3>&1"
)
_FILE = re.compile(r"-\S+\s+\S+\s+\d+\s+(\d{4}-\d\d-\d\d)\s+(\d\d:\d\d:\d\d)")


def anonymous(
    containers: Sequence[Container], shell: Shell
) -> dict[str, dict[str, AnonymousVolume]]:
    """Return service -> path -> the volume mounted there, and what it holds."""
    volumes: dict[str, dict[str, AnonymousVolume]] = {}
    for container in containers:
        for mount in container.mounts:
            if mount.anonymous:
                holds = _holds(container, mount.source, mount.target, shell)
                volume = AnonymousVolume(mount.source, holds)
                volumes.setdefault(container.service, {})[mount.target] = volume
    return volumes


def renewed(moves: Sequence[Move]) -> dict[str, dict[str, str]]:
    """Return service -> path -> the old volume that a fresh one replaces."""
    return {
        move.target.app: {path: mount.volume for path, mount in _mounts(move).items()}
        for move in moves
        if _is_renewed(move)
    }


def blocked(moves: Sequence[Move]) -> dict[str, list[str]]:
    """Return service -> paths with image files and written data: no volume would be right."""
    paths = {
        move.target.app: sorted(
            path for path, mount in _mounts(move).items() if _is_mixed(move, mount)
        )
        for move in moves
    }
    return {service: mixed for service, mixed in paths.items() if mixed}


def _is_renewed(move: Move) -> bool:
    """Whether all volumes of a service are renewed: Compose has one option per service."""
    return any(mount.holds in ("image", "unknown") for mount in _mounts(move).values())


def _is_mixed(move: Move, mount: AnonymousVolume) -> bool:
    return mount.holds == "both" or (mount.holds == "data" and _is_renewed(move))


def _mounts(move: Move) -> dict[str, AnonymousVolume]:
    return details.of(move.target).anonymous.get(move.target.app, {})


def _holds(container: Container, volume: str, path: str, shell: Shell) -> Holds:
    """Compare the times of a volume's files with its own: older files came with the image."""
    asked = client.docker("volume", "inspect", "--format", "{{.CreatedAt}}", volume)
    created = _instant(shell.ask(asked).stdout.strip())
    listing = Command(("sh", "-c", _LISTING, "sh", f"{container.id}:{path}"), 30, asked.variables)
    lines = shell.ask(listing).stdout.splitlines()
    times, unreadable = _times(lines)
    if created is None or unreadable:
        return "unknown"
    older = any(time < created for time in times)
    newer = any(time >= created for time in times)
    if older and newer:
        return "both"
    if not {"copied", "listed"}.issubset(lines):
        return "unknown"
    return "image" if older else "data"


def _times(lines: Sequence[str]) -> tuple[list[float], bool]:
    """Return the times of the files in a listing, and whether one cannot be read."""
    files = [line for line in lines if line.startswith("-")]
    texts = [f"{match[1]}T{match[2]}Z" for match in map(_FILE.match, files) if match]
    times = [time for time in map(_instant, texts) if time is not None]
    return times, len(times) < len(files)


def _instant(text: str) -> float | None:
    try:
        return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()
    except ValueError:
        return None
