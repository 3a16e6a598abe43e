"""Read one file of a project, whatever its encoding, without following links."""

from __future__ import annotations

import codecs
import os
import stat

LIMIT = 1024 * 1024  # bytes read per file
_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}


def read(path: str, limit: int) -> tuple[str, str]:
    """Return the first bytes of a regular file as text, and why not all of it was read."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except (OSError, ValueError) as error:
        return "", "may not be read" if isinstance(error, PermissionError) else ""
    try:
        known = os.fstat(handle)
        if not stat.S_ISREG(known.st_mode):
            return "", ""
        text = _decoded(os.read(handle, limit))
        return text, f"read only to {limit // 1024} KiB" if known.st_size > limit else ""
    except OSError as error:
        return "", error.strerror or "cannot be read"
    finally:
        os.close(handle)


def _decoded(content: bytes) -> str:
    mark = next((mark for mark in _MARKS if content.startswith(mark)), b"")
    return content.decode(_MARKS.get(mark, "utf-8"), "replace")
