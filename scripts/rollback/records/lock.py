"""The project lock: flock(2) on a file, held while any process of the run lives.

runner.sh takes the same lock where a script runs alone. The lock across machines is a Lease:
platforms/_cluster/lease.py.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

from rollback import clock
from rollback.records import disk
from rollback.errors import Locked
from rollback.text import clean

FILE = Path(".claude/deployment-rollback/lock")


@contextlib.contextmanager
def hold(project: Path, who: str) -> Iterator[int]:
    """Yield the lock's inheritable descriptor; pass it to the script, whose commands hold it, too.

    `who` (person and run) is shown to other runs. Raises Locked (locked) naming the holder, and
    Usage (not-writable).
    """
    handle = _take(project / FILE, who)
    try:
        yield handle
    finally:
        os.close(handle)  # no LOCK_UN: that would also release it for a child that is still at work


def look(project: Path) -> None:
    """Check without taking the lock whether a run is at work. Raises Locked (locked)."""
    path = project / FILE
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    except OSError:
        return  # nobody ever held it
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        raise _locked(handle, path) from None
    os.close(handle)


def _take(path: Path, who: str) -> int:
    with disk.readable_errors(path):
        disk.folder(path.parent)
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o660)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            disk.give(handle, path.parent)
            os.ftruncate(handle, 0)
            os.pwrite(
                handle, f"{clean(who, 300)} since {clock.now()} (pid {os.getpid()})\n".encode(), 0
            )
        except BlockingIOError:
            raise _locked(handle, path) from None
        except OSError:
            os.close(handle)
            raise
    os.set_inheritable(handle, True)
    return handle


def _locked(handle: int, path: Path) -> Locked:
    line = clean(os.pread(handle, 1000, 0).decode(errors="replace"), 400)
    os.close(handle)
    message = f"locked by {line or 'another run'}"
    if _is_gone(line):
        file = shlex.quote(str(path))
        message += "; that process is gone, but something it started still runs"
        fix = f"find it with fuser {file} or lsof {file}; wait for it, or end it"
        return Locked("locked", message, fix)
    return Locked("locked", message, f"wait until it ends; its lock is never taken over ({path})")


def _is_gone(line: str) -> bool:
    """Whether the process that wrote the holder's line is gone; False where it names none."""
    pid = re.search(r"\(pid (\d{1,9})\)$", line)
    if not pid:
        return False
    try:
        os.kill(int(pid[1]), 0)
    except ProcessLookupError:
        return True
    except OSError:  # another user's
        return False
    return False
