"""What are we about to change? The live objects (secrets masked) and the payloads of the scripts, in state/."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path

from rollback.errors import RollbackError


def write(folder: Path, files: Mapping[str, str]) -> None:
    """Write the files of a checkpoint, readable by nobody else. Names are plain: no folders, no way out."""
    state = folder / "state"
    state.mkdir(mode=0o700, exist_ok=True)
    for name, content in files.items():
        if "/" in name or name.startswith("."):
            raise RollbackError("bug", f"checkpoint file name {name!r} is not a plain name")
        with os.fdopen(os.open(state / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600), "w") as out:
            out.write(content)


def listing(folder: Path) -> list[tuple[str, int, str]]:
    """(name, bytes, sha256) of every file of a checkpoint, by name."""
    files = sorted((folder / "state").glob("*"))
    return [(path.name, path.stat().st_size, hashlib.sha256(path.read_bytes()).hexdigest()) for path in files]
