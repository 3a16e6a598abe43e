"""The account's private folder outside the project: approvals, typed phrases, plans shown.

Standard library only.
"""

from __future__ import annotations

import hashlib
import os
from contextlib import AbstractContextManager
from pathlib import Path


def state_folder(project: Path) -> Path:
    """Return the account's private folder outside the project, for approvals and typed phrases."""
    base = os.environ.get("XDG_STATE_HOME") or os.path.join(
        os.path.expanduser("~"), ".local", "state"
    )
    return Path(base) / "deployment-rollback" / project_key(project)


def project_key(project: Path) -> str:
    return hashlib.sha256(os.fsencode(os.path.realpath(project))).hexdigest()[:16]


def projects(session: str) -> list[Path]:
    """Return the projects whose plans this session was shown, latest first.

    The working directory may have changed since.
    """
    files = seen_by(session).glob("[0-9a-f]*")
    latest_first = sorted(files, key=lambda path: -os.stat(path).st_mtime_ns)
    return [Path(path.read_text()) for path in latest_first]


def seen_by(session: str) -> Path:
    """Return the folder with one file for each project whose plans this session was shown."""
    return state_folder(Path()).parent / "sessions" / name_of(session)[:16]


def revoke_all(project: Path) -> None:
    """Revoke every outstanding approval of the project. Raises Usage (not-writable)."""
    empty(state_folder(project) / "approvals")


def empty(path: Path) -> None:
    """Remove every file of this folder. Raises Usage (not-writable)."""
    with _readable_errors(path):
        for file in path.glob("*"):
            file.unlink(missing_ok=True)


def _readable_errors(path: Path) -> AbstractContextManager[None]:
    # imported late: the hook runs before every command of the client, and seldom writes
    from rollback.records import disk

    return disk.readable_errors(path)


def name_of(secret: str) -> str:
    """Return the file name that stands for a nonce or a session."""
    return hashlib.sha256(secret.encode()).hexdigest()


def folder(project: Path, name: str) -> Path:
    """Return a private folder of the state folder, creating it if missing."""
    return owned(state_folder(project) / name)


def owned(path: Path) -> Path:
    """Create this folder and its parent for the owner only. Raises Usage (not-writable)."""
    with _readable_errors(path):
        path.mkdir(parents=True, exist_ok=True)
        for part in (path, path.parent):
            part.chmod(0o700)
    return path


def write(path: Path, text: str) -> None:
    """Write whole or not at all, readable by the owner only. Raises Usage (not-writable)."""
    draft = path.with_name(f".{os.urandom(8).hex()}")
    with _readable_errors(path):
        try:
            with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
                file.write(text)
            draft.rename(path)
        except OSError:
            draft.unlink(missing_ok=True)
            raise
