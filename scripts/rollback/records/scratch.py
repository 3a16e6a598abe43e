"""A private temporary folder for tools that read only files lying beside each other."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from rollback.records import disk


@contextmanager
def holding(texts: Mapping[str, str]) -> Iterator[Path]:
    """Yield a folder (0700) with these files; a name may be a path, taken below the folder.

    Raises Usage (not-writable).
    """
    with disk.readable_errors(Path(tempfile.gettempdir())):
        folder = Path(os.path.realpath(tempfile.mkdtemp(prefix="rollback-")))
    try:
        with disk.readable_errors(folder):
            for name, text in texts.items():
                place = within(folder, name)
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_text(text)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def within(folder: Path, path: str) -> Path:
    """Return where a path lies below such a folder."""
    return folder / path.lstrip("/")
