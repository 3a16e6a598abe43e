"""What a detection was made from, so that it is forgotten when any of it changes."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from hashlib import sha256
from pathlib import Path

from msgspec import Struct

from rollback.detection.model import Detection
from rollback.settings import root


class Memory(Struct, frozen=True):
    """`files` are those read, and what was looked for in vain; `made_from` is their digest."""

    detection: Detection
    files: tuple[str, ...]
    made_from: str


def of(project: Path, listed: Iterable[str], stamps: Mapping[str, str], found: Detection) -> Memory:
    remotes = str(root.git_config(root.above(project)))
    known = {**stamps, remotes: stamp(project, remotes)}
    return Memory(found, tuple(map(_as_text, known)), _digest(project, listed, known))


def holds(memory: Memory, project: Path, listed: Iterable[str]) -> bool:
    """Whether the files are still those that the detection was made from."""
    paths = map(_as_path, memory.files)
    now = {path: stamp(project, path) for path in paths}
    return memory.made_from == _digest(project, listed, now)


def stamp(project: Path, path: str) -> str:
    """Return a file's time, size and mode; of a link its own."""
    try:
        known = os.lstat(os.path.join(project, path))
    except (OSError, ValueError):
        return "-"
    return f"{known.st_mtime_ns} {known.st_size} {known.st_mode}"


def _digest(project: Path, listed: Iterable[str], stamps: Mapping[str, str]) -> str:
    read = (f"{path}\0{stamp}" for path, stamp in sorted(stamps.items()))
    lines = "\0\0".join((*listed, *_folders(project), *read))
    return sha256(lines.encode("utf-8", "surrogateescape")).hexdigest()


def _folders(project: Path) -> list[str]:
    """Return the folders at the top: git lists none that hold only what it ignores."""
    try:
        with os.scandir(project) as entries:
            return sorted(e.name for e in entries if e.name[:1] != "." and e.is_dir())
    except OSError:
        return []


def _as_text(path: str) -> str:
    """Return a path that any JSON can hold, whatever its bytes."""
    return path.encode("utf-8", "surrogateescape").decode("latin-1")


def _as_path(text: str) -> str:
    return text.encode("latin-1").decode("utf-8", "surrogateescape")
