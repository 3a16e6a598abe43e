"""Write what is about to change to state/<component>/.

These are the live objects, with secrets masked, and the payload files of the scripts.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

from rollback.errors import RollbackError
from rollback.records import disk

# files: syncing more than these takes longer than the rollback; the digest detects
# a file that a power cut took
_FEW = 100


def write(folder: Path, component: str, files: Mapping[str, bytes]) -> None:
    """Write one component's checkpoint files with mode 0600. Raises RollbackError for a path."""
    state = folder / "state" / component
    disk.folder(folder / "state", 0o700)
    disk.folder(state, 0o700)
    durable = len(files) <= _FEW
    for name, content in files.items():
        if "/" in name or name.startswith("."):
            raise RollbackError("bug", f"checkpoint file name {name!r} is not a plain name")
        disk.write(state / name, content, durable=durable)


def listing(folder: Path) -> list[tuple[str, int, str]]:
    """List (component/name, bytes, sha256) of a checkpoint's files, by name."""
    state = folder / "state"
    files = sorted(path for path in state.glob("*/*") if path.is_file())
    return [
        (
            str(path.relative_to(state)),
            path.stat().st_size,
            hashlib.sha256(path.read_bytes()).hexdigest(),
        )
        for path in files
    ]
