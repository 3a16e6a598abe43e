"""Append-only files with one JSON document per line, locked and synced.

They stay readable after a line was cut short.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from rollback.records import disk


class Line(NamedTuple):
    """Numbers start with 1."""

    number: int
    raw: bytes

    @property
    def value(self) -> dict[str, Any] | None:
        """Return the value; None for a line cut by a kill or a full disk, or edited."""
        try:
            value = json.loads(self.raw)
        except (ValueError, RecursionError):
            return None
        return value if isinstance(value, dict) else None


class Log:
    """An open, locked file: read its lines, append to it."""

    def __init__(self, handle: int) -> None:
        self._handle = handle

    def lines(self) -> list[Line]:
        os.lseek(self._handle, 0, os.SEEK_SET)
        with os.fdopen(os.dup(self._handle), "rb") as file:
            return split(file.read())

    def append(self, lines: list[bytes]) -> None:
        """Append in one write, on a new line if the last one was cut short.

        Raises OSError and then leaves nothing behind.
        """
        size = os.fstat(self._handle).st_size
        cut = size > 0 and os.pread(self._handle, 1, size - 1) != b"\n"
        data = (b"\n" if cut else b"") + b"".join(line + b"\n" for line in lines)
        try:
            written = os.write(self._handle, data)
            if written != len(data):
                raise OSError(28, "No space left on device")
            os.fsync(self._handle)
        except OSError:
            with contextlib.suppress(OSError):
                os.ftruncate(self._handle, size)
            raise


@contextlib.contextmanager
def opened(path: Path) -> Iterator[Log]:
    """Open the file with an exclusive lock, creating it if missing. Raises OSError."""
    disk.folder(path.parent)
    handle = os.open(
        path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC, 0o660
    )
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        if os.fstat(handle).st_size == 0:
            disk.give(handle, path.parent)
        yield Log(handle)
    finally:
        os.close(handle)


def read(path: Path) -> list[Line]:
    """Return the lines of a file, [] without a file. Raises OSError for an unreadable one."""
    try:
        return split(path.read_bytes())
    except FileNotFoundError:
        return []


def split(data: bytes) -> list[Line]:
    return [Line(number, raw) for number, raw in enumerate(data.split(b"\n"), 1) if raw.strip()]
