"""Atomic writes: after a kill a file is whole or absent; its folder's owner owns it."""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Callable, Iterator
from pathlib import Path

from rollback.errors import Usage

NOT_WRITABLE = "not-writable"
_SPACE = "free disk space, or correct the permissions"
_SANDBOX = (
    "inside the client's sandbox make the folder first (install.sh does: "
    "mkdir -p ~/.local/state/deployment-rollback) and put "
    '{"sandbox": {"filesystem": {"allowWrite": ["~/.local/state/deployment-rollback"]}}} '
    "into ~/.claude/settings.json; elsewhere remount the file system for writing"
)


@contextlib.contextmanager
def readable_errors(path: Path) -> Iterator[None]:
    """Turn an OSError into an error with a fix. Raises Usage (not-writable)."""
    try:
        yield
    except OSError as error:
        why = error.strerror or error
        raise Usage(
            NOT_WRITABLE,
            f"{path} cannot be read or written: {why}",
            _SANDBOX if error.errno == errno.EROFS else _SPACE,
        ) from None


@contextlib.contextmanager
def reported_errors(tell: Callable[[str], None]) -> Iterator[None]:
    """Ignore write errors after a change: they must not hide what happened."""
    try:
        yield
    except Usage as error:
        if error.code != NOT_WRITABLE:
            raise
        tell(f"not recorded: {error.message}")


def write(path: Path, data: bytes, mode: int = 0o600, durable: bool = True) -> None:
    """Replace `path` in one move; a link is replaced, never followed.

    Raises Usage (not-writable).
    """
    with readable_errors(path):
        _write(path, data, mode, durable)


def _write(path: Path, data: bytes, mode: int, durable: bool) -> None:
    import tempfile  # late: the hook runs before every tool call and writes nothing

    handle, draft = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fchmod(handle, mode)
            give(handle, path.parent)
            if durable:
                os.fsync(handle)
        os.replace(draft, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(draft)
        raise
    if durable:
        _sync_folder(path.parent)


def folder(path: Path, mode: int = 0o777) -> None:
    """Make `path` and its missing parents.

    Raises Usage (not-writable), also when a link or a file is in the way.
    """
    with readable_errors(path):
        if not path.parent.exists():
            folder(path.parent)
        with contextlib.suppress(FileExistsError):
            os.mkdir(path, mode)
            own(path)
        if path.is_symlink() or not path.is_dir():
            raise NotADirectoryError(20, "not a folder of its own")


def own(path: Path) -> None:
    """Give a path to its folder's owner; a link is not followed."""
    if os.geteuid() == 0:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
        try:
            give(handle, path.parent)
        finally:
            os.close(handle)


def give(handle: int, parent: Path) -> None:
    """Under sudo, give what we make to its folder's owner, who can then use it without sudo."""
    if os.geteuid() == 0:
        owner = parent.stat()
        os.fchown(handle, owner.st_uid, owner.st_gid)


def _sync_folder(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    with contextlib.suppress(OSError):  # some file systems do not support it
        os.fsync(handle)
    os.close(handle)
