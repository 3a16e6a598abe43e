"""What are we about to change? The live objects (secrets masked) and the payloads of the scripts, in state/."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

from rollback.records import disk
from rollback.errors import RollbackError

_FEW = 100  # files: waiting for the disk after each of more takes longer than the rollback; the digest tells a file that a power cut took


def write(folder: Path, files: Mapping[str, str]) -> None:
    """Write the files of a checkpoint, readable by nobody else. Names are plain: no folders, no way out."""
    state = folder / "state"
    disk.folder(state, 0o700)
    durable = len(files) <= _FEW
    for name, content in files.items():
        if "/" in name or name.startswith("."):
            raise RollbackError("bug", f"checkpoint file name {name!r} is not a plain name")
        disk.write(state / name, content.encode(), durable=durable)


def listing(folder: Path) -> list[tuple[str, int, str]]:
    """(name, bytes, sha256) of every file of a checkpoint, by name."""
    files = sorted((folder / "state").glob("*"))
    return [
        (path.name, path.stat().st_size, hashlib.sha256(path.read_bytes()).hexdigest())
        for path in files
    ]
