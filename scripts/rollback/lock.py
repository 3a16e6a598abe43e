"""One run at a time in a project: flock(2) on one file, held as long as any process of the run lives."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

from rollback import clock, disk
from rollback.errors import Locked
from rollback.text import clean

FILE = Path(".claude/deployment-rollback/lock")


@contextlib.contextmanager
def hold(project: Path, who: str) -> Iterator[int]:
    """The lock's descriptor, inheritable: hand it to the script (`pass_fds`), whose commands then hold the lock too.

    `who` is what another run is told: person, run. Raises Locked (locked) naming the holder, Usage (not-writable).
    """
    path = project / FILE
    with disk.telling(path):
        disk.folder(path.parent)
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o660)
    try:
        _take(handle, path)
        disk.own(path)
        os.set_inheritable(handle, True)
        os.ftruncate(handle, 0)
        os.pwrite(handle, f"{clean(who, 300)} since {clock.now()} (pid {os.getpid()})\n".encode(), 0)
        yield handle
    finally:
        os.close(handle)  # no LOCK_UN: that would also release it for a child that is still at work


def holder(project: Path) -> str | None:
    """The line of whoever holds the lock now, None when it is free."""
    try:
        handle = os.open(project / FILE, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        _take(handle, project / FILE)
    except Locked as error:
        return error.message
    finally:
        os.close(handle)
    return None


def _take(handle: int, path: Path) -> None:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        line = clean(os.pread(handle, 1000, 0).decode(errors="replace"), 400) or "another run"
        raise Locked("locked", f"locked by {line}", f"wait for it to end; its lock is {path}") from None
