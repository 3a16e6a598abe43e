"""Faults of a machine, made for real: file systems that are full or read-only, and a clock that jumps."""

from __future__ import annotations

import contextlib
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

SHIFTED = """import datetime, time
SHIFT = int(open({file!r}).read())
now, Real = time.time, datetime.datetime
time.time = lambda: now() + SHIFT
class Shifted(Real):
    @classmethod
    def now(cls, tz=None): return Real.now(tz) + datetime.timedelta(seconds=SHIFT)
datetime.datetime = Shifted
"""


@contextlib.contextmanager
def small(folder: Path, kilobytes: int = 256) -> Iterator[Path]:
    """A file system of its own for this folder, whose content it takes over. Seen by this test run only."""
    folder.mkdir(parents=True, exist_ok=True)
    content = folder.with_name(f"{folder.name}.content")
    subprocess.run(["cp", "-a", folder, content], check=True)
    _mount("-t", "tmpfs", "-o", f"size={kilobytes}k", "tmpfs", folder)
    try:
        subprocess.run(["cp", "-a", f"{content}/.", folder], check=True)
        yield folder
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Nothing below this folder can be written, not even by root."""
    _mount("--bind", folder, folder)
    subprocess.run(["mount", "-o", "remount,bind,ro", folder], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


def fill(folder: Path) -> None:
    with open(folder / "filling", "wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(bytes(512))


def _mount(*words: str | Path) -> None:
    done = subprocess.run(["mount", *words], capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"no file system of its own can be mounted here: {done.stderr.strip()}")


class Clock:
    """What Python and `date` are told the time is; `seconds` can be set at any moment."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self.folder, self.file = folder, folder / "shift"
        self.set(0)
        (folder / "sitecustomize.py").write_text(SHIFTED.format(file=str(self.file)))
        (folder / "date").write_text(
            f'#!/bin/sh\nexec /bin/date -d "$(cat "{self.file}") seconds" "$@"\n'
        )
        (folder / "date").chmod(0o755)

    def set(self, seconds: int) -> None:
        self.file.write_text(str(seconds))

    def environment(self, path: str) -> dict[str, str]:
        return {"PYTHONPATH": str(self.folder), "PATH": f"{self.folder}:{path}"}
