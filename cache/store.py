"""A JSON file of keyed entries with an expiry date, safe to share between processes.

A damaged file is treated as absent.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

VERSION = 1
MOST_BYTES = 32 * 1024 * 1024
MOST_ENTRIES = 50


class Remembered(NamedTuple):
    """`value` in JSON's own types, also the first time; `age` in seconds."""

    value: Any
    age: int


class Store:
    def __init__(self, project: Path, file: Path, ttl: int) -> None:
        self.project = project
        self.path = project / file
        self.ttl = ttl

    def recall(self, key: str, look: Callable[[], Any], again: bool = False) -> Remembered:
        """Return the cached value if fresh; otherwise look and cache it.

        `key` names everything the value depends on: environment and account or context.
        """
        if not again and (fresh := self.peek(key)):
            return fresh
        value = msgspec.to_builtins(look(), str_keys=True)
        self._keep(key, value)
        return Remembered(value, age=0)

    def peek(self, key: str) -> Remembered | None:
        """Return the cached value if it is fresh."""
        entry = self._entries().get(key)
        return Remembered(entry["value"], int(time.time() - entry["at"])) if entry else None

    def forget(self, key: str | None = None) -> None:
        """Drop one entry, or all of them."""
        if key is not None:
            self._keep(key, None)
            return
        with contextlib.suppress(OSError):
            self.path.unlink(missing_ok=True)

    def _entries(self) -> dict[str, Any]:
        """Return the fresh entries; none from a newer version's file or from the future."""
        try:
            if self.path.stat().st_size > MOST_BYTES:
                return {}
            saved = msgspec.json.decode(self.path.read_bytes())
            now = time.time()
            return {
                k: e
                for k, e in saved["entries"].items()
                if saved["version"] == VERSION and 0 <= now - e["at"] < self.ttl and "value" in e
            }
        except (
            OSError,
            ValueError,
            KeyError,
            TypeError,
            AttributeError,
            msgspec.MsgspecError,
            RecursionError,
        ):
            return {}  # absent or damaged: nothing is cached

    def _keep(self, key: str, value: Any) -> None:
        """Cache a value; an unwritable folder must not stop the rollback."""
        from rollback.errors import RollbackError

        with contextlib.suppress(OSError, TimeoutError, RollbackError):
            self._save(key, value)

    def _save(self, key: str, value: Any) -> None:
        from filelock import FileLock  # slow to import, so only when there is something to write

        from rollback.records import disk

        self._folder()
        with FileLock(f"{self.path}.lock", timeout=5):
            entries = self._entries()
            entries.pop(key, None)
            if value is not None:
                entries[key] = {"at": time.time(), "value": value}
            newest = dict(sorted(entries.items(), key=lambda item: item[1]["at"])[-MOST_ENTRIES:])
            disk.write(
                self.path,
                msgspec.json.encode({"version": VERSION, "entries": newest}),
                durable=False,
            )
            disk.own(Path(f"{self.path}.lock"))

    def _folder(self) -> None:
        """Keep the cache out of git. A link that leads out of the project is not followed."""
        from rollback.records import disk

        folder = self.path.parent
        disk.folder(folder)
        if (
            not os.path.realpath(folder).startswith(os.path.realpath(self.project) + os.sep)
            or Path(f"{self.path}.lock").is_symlink()
        ):
            raise OSError(f"{folder} leads out of the project")
        if not (folder / ".gitignore").exists():
            disk.write(folder / ".gitignore", b"*\n", mode=0o644, durable=False)
