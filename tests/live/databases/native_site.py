"""A site in release folders whose migrations are run by their own tool, as a deploy runs it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

sys.path[:0] = [str(Path(__file__).parents[1] / "folders"), str(Path(__file__).parents[3])]

from folders_site import Site  # noqa: E402

from tests.parts import MIGRATION_TOOLS as TOOLS  # noqa: E402


class Store(Protocol):
    """Keeps what is in the database of a site, by what it was made of."""

    def load(self, key: tuple[str, ...]) -> bool: ...

    def save(self, key: tuple[str, ...]) -> None: ...


class NativeSite(Site):
    """`sql` runs statements as the owner of the database and returns the rows as lines."""

    modules = "node_modules"

    store: Store | None = None

    def __init__(self, root: Path, url: str, sql: Callable[[str], str], *places: Path) -> None:
        super().__init__(root, *places)
        self.sql, self.url = sql, url
        self.environment["SHOP_URL"] = url

    def first_release(self, version: str, days: float, *migrate: str) -> None:
        """As `release`, in an empty database: what the tool made of the same files is used again."""
        folder = self.release(version, days)
        key = (*migrate, self.git("rev-parse", "HEAD^{tree}"))
        if self.store is None or not self.store.load(key):
            self.in_release(folder, *migrate)
            if self.store:
                self.store.save(key)

    def put(self, path: str, text: str) -> None:
        file = self.project / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        if text.startswith("#!"):
            file.chmod(0o755)

    def release(
        self, version: str, days: float, *migrate: str, broken: bool = False, **files: str
    ) -> Path:
        """Commit files, build a release of the whole tree, switch to it and migrate in it."""
        self.git("add", "-A", ".")
        name = self.build(version, days, broken=broken)
        folder = self.files / "releases" / name
        archive = subprocess.run(
            ["git", "archive", version], cwd=self.project, check=True, capture_output=True
        )
        subprocess.run(["tar", "x", "-C", folder], input=archive.stdout, check=True)
        (folder / ".venv").symlink_to(TOOLS / "python")
        (folder / "node_modules").symlink_to(TOOLS / self.modules)
        self.link(name)
        if migrate:
            self.in_release(folder, *migrate)
        return folder

    def in_release(self, folder: Path, *words: str) -> str:
        path = f"{folder}/.venv/bin:{folder}/node_modules/.bin:{os.environ['PATH']}"
        done = subprocess.run(
            words,
            cwd=folder,
            env={**self.environment, "PATH": path},
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def configure(self, **database: Any) -> None:
        self.settings(health=True, database={"url": "SHOP_URL", **database})

    def codes(self, plan: Any, level: str = "blocker") -> list[str]:
        return [finding["code"] for finding in plan["findings"] if finding["level"] == level]
