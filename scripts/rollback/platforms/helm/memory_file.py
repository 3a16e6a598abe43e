"""A text for programs to read as a file that is on no disk: manifests may hold secrets."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager


def is_possible() -> bool:
    return hasattr(os, "memfd_create")


@contextmanager
def memory_file(text: str) -> Iterator[str]:
    """Yield its name for programs that this process starts."""
    file = os.memfd_create("manifest")
    try:
        os.write(file, text.encode())
        yield f"/proc/{os.getpid()}/fd/{file}"
    finally:
        os.close(file)
