"""Anonymous volumes of moved services: Compose carries them over, and with them what hides the content of the new image."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime

from rollback.model import Command, Move
from rollback.platforms.docker_compose import engine
from rollback.platforms.docker_compose.containers import Container
from rollback.shell import Shell

# a volume's files with their times, and whether that is all: it is bounded, for a volume may hold anything
_LISTING = (
    '{ { docker cp "$1" - && echo copied >&3; } | head -c 200000000 | '
    "{ TZ=UTC tar -tv --full-time -f - 2>/dev/null && echo listed >&3; }; } 3>&1"
)
_FILE = re.compile(r"-\S+\s+\S+\s+\d+\s+(\d{4}-\d\d-\d\d)\s+(\d\d:\d\d:\d\d)")


def anonymous(
    containers: Sequence[Container], shell: Shell
) -> dict[str, dict[str, dict[str, str]]]:
    """Service -> path -> {volume, holds}: `image` (only files that came with an image), `data` (only what was written
    since), `both`, or `unknown`.
    """
    found: dict[str, dict[str, dict[str, str]]] = {}
    for container in containers:
        for mount in container.mounts:
            if mount.anonymous:
                holds = _holds(container, mount.source, mount.target, shell)
                found.setdefault(container.service, {})[mount.target] = {
                    "volume": mount.source,
                    "holds": holds,
                }
    return found


def renewed(moves: Sequence[Move]) -> dict[str, dict[str, str]]:
    """Service -> path -> the old volume, where a fresh one takes its place."""
    found = {}
    for move in moves:
        mounts = _mounts(move)
        if any(mount["holds"] in ("image", "unknown") for mount in mounts.values()):
            found[move.target.app] = {path: mount["volume"] for path, mount in mounts.items()}
    return found


def blocked(moves: Sequence[Move]) -> dict[str, list[str]]:
    """Service -> paths that hold an image's files and written data: neither a fresh volume nor the old one is right."""
    found = {
        move.target.app: sorted(
            path for path, mount in _mounts(move).items() if _is_mixed(move, mount)
        )
        for move in moves
    }
    return {service: paths for service, paths in found.items() if paths}


def _is_mixed(move: Move, mount: Mapping[str, str]) -> bool:
    """A fresh volume at one path renews them all (Compose knows no less), so written data beside it counts, too."""
    return mount["holds"] == "both" or (
        mount["holds"] == "data" and move.target.app in renewed([move])
    )


def _mounts(move: Move) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = move.target.details["anonymous"].get(move.target.app, {})
    return found


def _holds(container: Container, volume: str, path: str, shell: Shell) -> str:
    asked = engine.docker("volume", "inspect", "--format", "{{.CreatedAt}}", volume)
    created = _instant(shell.ask(asked).stdout.strip())
    listing = Command(("sh", "-c", _LISTING, "sh", f"{container.id}:{path}"), 30, asked.variables)
    answer = shell.ask(listing)
    lines = [line for line in answer.stdout.splitlines() if line.startswith("-")]
    whole = {"copied", "listed"}.issubset(answer.stdout.splitlines())
    times = [_instant(f"{match[1]}T{match[2]}Z") for match in map(_FILE.match, lines) if match]
    known = [time for time in times if time is not None]
    if created is None or len(known) < len(lines):
        return "unknown"
    older = any(time < created for time in known)
    newer = any(time >= created for time in known)
    if older and newer:
        return "both"
    if not whole:
        return "unknown"
    return "image" if older else "data"


def _instant(text: str) -> float | None:
    try:
        return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()
    except ValueError:
        return None
